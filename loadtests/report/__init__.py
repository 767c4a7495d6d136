"""What a load run has measured, as one HTML page with its plots in it.

Called by the load runs; reads their raw results and nothing else.
"""
