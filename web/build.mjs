// Builds the apps into a folder that the server serves: pages, then the worker, which names the files of the pages.
//
//     node build.mjs <folder>

import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";
import { build } from "vite";

const here = fileURLToPath(new URL(".", import.meta.url));
const out = resolve(process.argv[2] ?? join(here, "dist"));
/** All that a first screen needs, packed by gzip: what a phone on a slow network waits for. */
const MOST = 600_000;
/** What is loaded when its page is opened; the worker keeps it from its own installation on, behind everybody's back. */
const MOST_LATER = 40_000;
/** How hard brotli tries: the last level takes a minute, which a page that is only tested does not need. */
const BROTLI = Number(process.env.REFRAIN_WEB_BROTLI ?? 11);
/** Of what shrinks, packed forms are written, and the server hands out the smallest. */
const SHRINKS = /\.(html|js|css|svg|wasm|webmanifest)$/;

/**
 * What the compiler has left in the bridge: functions that are there twice, values that are set and never read. Chosen by
 * what the packed size becomes: what moves functions or merges locals makes the program shorter, and packs worse.
 */
const SHORTENS = [
    "optimize-instructions",
    "simplify-locals-nostructure",
    "rse",
    "remove-unused-brs",
    "duplicate-function-elimination",
    "remove-unused-module-elements",
    "vacuum",
];
/** What browsers of the last years have, and rustc uses. */
const FEATURES = [
    "bulk-memory",
    "nontrapping-float-to-int",
    "sign-ext",
    "mutable-globals",
    "reference-types",
    "multivalue",
];
const bridge = join(here, "bridge/pkg/bridge_short.wasm");
execFileSync(process.execPath, [
    join(here, "node_modules/binaryen/bin/wasm-opt"),
    join(here, "bridge/pkg/bridge_bg.wasm"),
    "-o",
    bridge,
    ...FEATURES.map((feature) => `--enable-${feature}`),
    ...SHORTENS.map((pass) => `--${pass}`),
]);

const common = {
    configFile: false,
    root: join(here, "companion"),
    logLevel: "warn",
    resolve: {
        alias: [
            { find: /^#bridge\.wasm/, replacement: bridge },
            { find: /^#bridge$/, replacement: join(here, "bridge/pkg/bridge.js") },
        ],
    },
};
const PAGE = join(here, "companion/src/main.tsx");
const WORKER = join(here, "companion/src/sw.ts");
const LANGUAGES = readdirSync(join(here, "companion/src/strings"))
    .filter((name) => /^[a-z]{2}\.ts$/.test(name))
    .map((name) => join(here, "companion/src/strings", name));
const files = () =>
    readdirSync(out, { recursive: true, withFileTypes: true })
        .filter((entry) => entry.isFile())
        .map((entry) => relative(out, join(entry.parentPath, entry.name)).replaceAll("\\", "/"))
        .sort();

const companion = await build({
    ...common,
    build: {
        outDir: out,
        emptyOutDir: true,
        target: "es2022",
        assetsInlineLimit: 0,
        modulePreload: { polyfill: false },
        rollupOptions: {
            // One build for both, so that page and worker share what drives the machine.
            input: { index: join(here, "companion/index.html"), sw: WORKER },
            output: {
                entryFileNames: (entry) => (entry.name === "sw" ? "sw.js" : "assets/[name]-[hash].js"),
                // What both load is one file, and what the page alone loads at first another: fewer files pack better.
                codeSplitting: { groups: [{ name: fileOf, debugName: "companion" }] },
            },
        },
    },
});

// The console is a page of its own: a phone that has the companion never loads any of it.
await build({
    ...common,
    root: join(here, "console"),
    base: "/console/",
    worker: { format: "es" },
    // What cuts media is large, and loaded by whoever cuts.
    build: {
        outDir: join(out, "console"),
        emptyOutDir: true,
        chunkSizeWarningLimit: 700,
        target: "es2022",
        assetsInlineLimit: 0,
        modulePreload: { polyfill: false },
        rollupOptions: {
            input: { index: join(here, "console/index.html"), sw: join(here, "console/src/sw.ts") },
            output: { entryFileNames: (entry) => (entry.name === "sw" ? "sw.js" : "assets/[name]-[hash].js") },
        },
    },
});

// The workers are told the files of their version, which are named only now.
function tell(worker, kind, shell) {
    const hash = createHash("sha256");
    for (const file of [...shell, worker]) hash.update(file).update(readFileSync(join(out, file)));
    const named = {
        name: `${kind}-${hash.digest("hex").slice(0, 16)}`,
        files: shell.map((file) => `/${file.replace(/(^|\/)index\.html$/, "$1")}`),
    };
    const program = readFileSync(join(out, worker), "utf8");
    if (!program.includes("SHELL")) throw new Error(`${worker} does not ask for its files`);
    writeFileSync(join(out, worker), `const SHELL=${JSON.stringify(named)};${program}`);
}
const shell = files().filter((file) => /^(index\.html|assets\/.*|icons\/.*\.svg)$/.test(file));
tell("sw.js", "shell", shell);
tell(
    "console/sw.js",
    "console",
    files().filter((file) => /^console\/(index\.html|icon\.svg|assets\/.*)$/.test(file)),
);

const later = loadedLater(companion.output);
let [first, afterwards] = [0, 0];
/** A first screen waits for its own language, whichever that is: the larger one counts. */
const languages = companion.output.filter((one) => LANGUAGES.includes(one.facadeModuleId)).map((one) => one.fileName);
const spoken = new Map();
for (const file of files().filter((file) => SHRINKS.test(file))) {
    const plain = readFileSync(join(out, file));
    const gzip = gzipSync(plain, { level: 9 });
    writeFileSync(join(out, `${file}.gz`), gzip);
    const quality = {
        params: { [constants.BROTLI_PARAM_QUALITY]: BROTLI, [constants.BROTLI_PARAM_SIZE_HINT]: plain.length },
    };
    writeFileSync(join(out, `${file}.br`), brotliCompressSync(plain, quality));
    if (shell.includes(file) || file === "sw.js") {
        if (languages.includes(file)) spoken.set(file, gzip.length);
        else if (later.has(file)) afterwards += gzip.length;
        else first += gzip.length;
        console.log(`${String(gzip.length).padStart(8)}  ${file}${later.has(file) ? ", later" : ""}`);
    }
}
if (spoken.size !== LANGUAGES.length) throw new Error("each language is a file of its own");
const larger = Math.max(...spoken.values());
first += larger;
for (const size of spoken.values()) afterwards += size;
afterwards -= larger;
console.log(`${String(first).padStart(8)}  bytes of gzip for the first screen, of at most ${MOST}`);
console.log(`${String(afterwards).padStart(8)}  bytes of gzip later, of at most ${MOST_LATER}`);
if (first > MOST || afterwards > MOST_LATER) process.exitCode = 1;

/** The file that a module of the companion goes into; neither for what is loaded later, nor for where something begins. */
function fileOf(id, modules) {
    if (id === PAGE || id === WORKER || LANGUAGES.includes(id)) return null;
    // A page waits for its language before it shows anything.
    if (![PAGE, ...LANGUAGES].some((start) => loadedBy(start, modules).has(id))) return null;
    return loadedBy(WORKER, modules).has(id) ? "engine" : "page";
}

/** Every module that one imports when it starts. */
function loadedBy(start, modules) {
    const loaded = new Set([start]);
    for (const id of loaded) for (const imported of modules.getModuleInfo(id)?.importedIds ?? []) loaded.add(imported);
    return loaded;
}

/** Programs that neither a page nor the worker imports when it starts, and the styles that come with them. */
function loadedLater(output) {
    const chunks = new Map(output.filter((one) => one.type === "chunk").map((one) => [one.fileName, one]));
    const reached = new Set([...chunks.values()].filter((one) => one.isEntry).map((one) => one.fileName));
    for (const file of reached) for (const imported of chunks.get(file)?.imports ?? []) reached.add(imported);
    const late = [...chunks.values()].filter((one) => !reached.has(one.fileName));
    return new Set(late.flatMap((one) => [one.fileName, ...(one.viteMetadata?.importedCss ?? [])]));
}
