/** The diagonal hatching that marks zones over target, as a small image for a fill pattern. Pure. */

// 16 device pixels at ratio 2: one line every 8 screen pixels tiles without a seam.
const SIZE = 16;
const LINE_WIDTH = 3;

export function hatchImage(colour: string): ImageData {
  const canvas = document.createElement("canvas");
  canvas.width = SIZE;
  canvas.height = SIZE;
  const context = canvas.getContext("2d");
  if (!context) throw new Error("the browser gives no 2D canvas");
  context.strokeStyle = colour;
  context.lineWidth = LINE_WIDTH;
  context.beginPath();
  for (const shift of [-SIZE, 0, SIZE]) {
    context.moveTo(shift - 2, SIZE + 2);
    context.lineTo(shift + SIZE + 2, -2);
  }
  context.stroke();
  return context.getImageData(0, 0, SIZE, SIZE);
}
