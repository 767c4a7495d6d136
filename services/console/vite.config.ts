/** Build settings: one page, every asset from the same origin under /assets, a module worker for the map. */
import { defineConfig } from "vite";

// Where a developer's server stands while `npm run dev` serves the page itself.
const DEVELOPMENT_API = "http://127.0.0.1:8080";

export default defineConfig({
  base: "/",
  build: {
    outDir: "dist",
    assetsDir: "assets",
    target: "es2022",
    // The map library alone is larger than the default warning; it is one cached file.
    chunkSizeWarningLimit: 2000,
  },
  worker: { format: "es" },
  server: { proxy: { "/api": DEVELOPMENT_API, "/metrics": DEVELOPMENT_API, "/readyz": DEVELOPMENT_API } },
});
