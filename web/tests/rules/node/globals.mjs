// What the apps' rules ask of a browser beside its databases, in Node.

const kept = new Map();
const events = new EventTarget();

/** Makes them known to whatever is loaded afterwards. */
export function stand(more = {}) {
    const globals = {
        document: Object.assign(new EventTarget(), { documentElement: {}, visibilityState: "visible" }),
        localStorage: { getItem: (key) => kept.get(key) ?? null, setItem: (key, value) => kept.set(key, value) },
        navigator: { language: "en-GB", languages: ["en-GB"] },
        addEventListener: events.addEventListener.bind(events),
        removeEventListener: events.removeEventListener.bind(events),
        dispatchEvent: events.dispatchEvent.bind(events),
        ...more,
    };
    for (const [name, value] of Object.entries(globals))
        Object.defineProperty(globalThis, name, { value, configurable: true, writable: true });
}
