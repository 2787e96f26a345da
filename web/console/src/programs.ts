// The programs that this page loads by their name: what draws a recording's sound, and what serves the page without a network.

import { onlyPrograms } from "../../ui/programs";

export const OFFLINE_WORKER = "/console/sw.js";
const PEAKS = /^\/console\/assets\/peaks\.worker-[\w-]+\.js$/;

export const program = onlyPrograms((url) => url === OFFLINE_WORKER || PEAKS.test(url));
