import { defineConfig } from "vite";
import { licences } from "./licences.ts";

// `npm run dev` shows the sources at once and asks a running `soundalike serve` for everything else.
const SERVER = "http://127.0.0.1:8000";

export default defineConfig({
  plugins: [licences()],
  oxc: { jsx: { runtime: "automatic", importSource: "preact" } },
  build: {
    outDir: "../src/soundalike/server/static",
    emptyOutDir: true,
    target: "es2022",
    // The server's content policy allows no data: URLs for scripts and styles.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
  },
  server: { proxy: { "/api": SERVER } },
});
