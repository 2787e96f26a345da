// The apps' own sources, in Node: bundled as they are, with the real bridge.

import { fileURLToPath } from "node:url";
import { build } from "vite";

const web = fileURLToPath(new URL("../../../", import.meta.url));
const ENTRY = "rules";
const WASM = "#bridge.wasm?url";

/** Loads modules by their paths below `web`; gives what they export. They share what they import. */
export async function load(...paths) {
    const sources = {
        name: "sources",
        resolveId: (id) => {
            if (id === ENTRY || id === WASM) return `\0${id}`;
            return id === "#bridge" ? `${web}bridge/pkg/bridge.js` : undefined;
        },
        load: (id) => {
            if (id === `\0${ENTRY}`)
                return paths.map((path) => `export * from ${JSON.stringify(web + path)};`).join("\n");
            // Where there is no address to fetch it from, the bridge takes its program as bytes.
            if (id === `\0${WASM}`)
                return `import { readFileSync } from "node:fs"; export default readFileSync(${JSON.stringify(`${web}bridge/pkg/bridge_bg.wasm`)});`;
            return undefined;
        },
    };
    const built = await build({
        configFile: false,
        root: web,
        logLevel: "warn",
        plugins: [sources],
        ssr: { noExternal: true },
        build: { ssr: true, write: false, target: "node20", minify: false, rollupOptions: { input: ENTRY } },
    });
    const [{ code }] = built.output;
    return import(`data:text/javascript,${encodeURIComponent(code)}`);
}
