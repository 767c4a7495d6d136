/**
 * Colours of the map, for the dim room and for daylight. Time runs along one scale whose lightness only rises
 * (dark theme) or only falls (light theme), blue to yellow-brown, so that it reads for every kind of colour
 * vision (after cividis: Nuñez, Anderton, Renslow 2018). Better and worse are blue and orange, and hatched.
 */

import type { Rgba } from "./hatch";

export interface Palette {
  ground: string;
  bands: readonly [string, string, string, string, string];
  changes: readonly [string, string, string, string, string];
  unknown: string;
  hatch: Rgba;
  boundary: string;
  district: string;
  road: string;
  roadMajor: string;
  ink: string;
  halo: string;
  paper: string;
  station: string;
  move: string;
  moveText: string;
  gain: string;
  lose: string;
  incident: string;
  incidentText: string;
  responding: string;
  quiet: string;
  /** Reports from the public, unconfirmed until somebody confirms them. */
  reports: string;
  /** What is only supposed. */
  supposed: string;
}

export const DARK: Palette = {
  ground: "#070b11",
  bands: ["#0f2038", "#1d3e63", "#4b5866", "#82765b", "#bda35a"],
  changes: ["#5aa9f5", "#2b5f96", "#18212c", "#96602a", "#f09a3e"],
  unknown: "#18212c",
  hatch: { red: 4, green: 8, blue: 14, alpha: 0.55 },
  boundary: "#8fa3b8",
  district: "rgba(150, 175, 200, 0.22)",
  road: "rgba(190, 210, 230, 0.16)",
  roadMajor: "rgba(200, 218, 236, 0.34)",
  ink: "#f2f6fa",
  halo: "#05090e",
  paper: "#0b1118",
  station: "#f2f6fa",
  move: "#62f0cf",
  moveText: "#04231c",
  gain: "#6db8ff",
  lose: "#ffa24a",
  incident: "#ff5d5d",
  incidentText: "#1c0202",
  responding: "#ff8a80",
  quiet: "#b8c7d6",
  reports: "#ffd23f",
  supposed: "#e0b8ff",
};

export const LIGHT: Palette = {
  ground: "#dfe5eb",
  bands: ["#f6f8fa", "#d0e1f0", "#c4bf9f", "#bd9a58", "#8f6c28"],
  changes: ["#2a6fb8", "#93bfe6", "#f0f2f4", "#e9b27a", "#b85d09"],
  unknown: "#eceff2",
  hatch: { red: 30, green: 22, blue: 4, alpha: 0.5 },
  boundary: "#3c4a59",
  district: "rgba(40, 60, 80, 0.25)",
  road: "rgba(60, 76, 92, 0.18)",
  roadMajor: "rgba(50, 66, 84, 0.42)",
  ink: "#0e151d",
  halo: "#ffffff",
  paper: "#ffffff",
  station: "#14202c",
  move: "#00705a",
  moveText: "#ffffff",
  gain: "#0b5cab",
  lose: "#a34a00",
  incident: "#c2101c",
  incidentText: "#ffffff",
  responding: "#c2101c",
  quiet: "#33475b",
  reports: "#7a4b00",
  supposed: "#6b21a8",
};

export function paletteOf(dark: boolean): Palette {
  return dark ? DARK : LIGHT;
}
