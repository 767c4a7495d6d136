/** Tells MapLibre which worker to use: one bundled file of our own origin, as the content security policy demands. */
import { setWorkerCount, setWorkerUrl } from "maplibre-gl";
import workerUrl from "maplibre-gl/dist/maplibre-gl-worker.mjs?worker&url";

setWorkerUrl(workerUrl);
setWorkerCount(1);
