// What is said in a clip, from a caption file that somebody has made already: WebVTT or SubRip.
//
// A clip has at most 64 words at places, sealed with it. A file that has more is brought together, neighbour to
// neighbour, as long as each stays short enough to be read at a glance.

/** As many as a clip may have, and as long as each may be. */
export const MARKS_MAX = 64;
export const WORDS_MAX = 200;
/** All of them, in bytes: they are sealed with the note and the parting note, which have their own room. */
const BYTES_MAX = 12_000;

export interface Cue {
    at: number;
    words: string;
}

/** `00:01:02.500 -->`, hours left out or not; SubRip has a comma. */
const TIMES = /^((?:\d+:)?\d{1,2}:\d{2}[.,]\d{1,3})\s+-->/;

/** The cues of a caption file, in seconds; `undefined` when it is none, or says more than a clip can carry. */
export function readCaptions(text: string): Cue[] | undefined {
    const cues: Cue[] = [];
    for (const block of text
        .replace(/^\uFEFF/, "")
        .replace(/\r\n?/g, "\n")
        .split(/\n{2,}/)) {
        const lines = block.split("\n");
        const times = lines.findIndex((line) => TIMES.test(line));
        if (times < 0) continue;
        const at = seconds(TIMES.exec(lines[times]!)![1]!);
        const words = plain(lines.slice(times + 1).join(" "));
        if (words) cues.push({ at, words });
    }
    cues.sort((one, other) => one.at - other.at);
    if (cues.length === 0 || cues.some(({ words }) => words.length > WORDS_MAX)) return undefined;
    if (new TextEncoder().encode(cues.map(({ words }) => words).join(" ")).length > BYTES_MAX) return undefined;
    return brought(cues);
}

/** The shortest neighbours are brought together, until there are few enough. */
function brought(cues: Cue[]): Cue[] | undefined {
    const left = [...cues];
    while (left.length > MARKS_MAX) {
        const lengths = left.slice(1).map(({ words }, at) => left[at]!.words.length + 1 + words.length);
        const shortest = Math.min(...lengths);
        if (shortest > WORDS_MAX) return undefined;
        const at = lengths.indexOf(shortest);
        left.splice(at, 2, { at: left[at]!.at, words: `${left[at]!.words} ${left[at + 1]!.words}` });
    }
    return left;
}

/** Without `<v Ada>`, `<i>`, `{\an8}` and entities: a clip's words are plain. */
function plain(text: string): string {
    const entities: Record<string, string> = { amp: "&", lt: "<", gt: ">", nbsp: " ", lrm: "", rlm: "" };
    const bare = text
        .replace(/<[^>]*>|\{\\[^}]*\}/g, "")
        .replace(/&(\w+);/g, (whole, name: string) => entities[name] ?? whole);
    return bare.replace(/\s+/g, " ").trim();
}

function seconds(time: string): number {
    return time
        .replace(",", ".")
        .split(":")
        .map(Number)
        .reduce((sum, part) => sum * 60 + part, 0);
}
