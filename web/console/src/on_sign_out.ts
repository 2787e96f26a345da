// What is forgotten when somebody else sits down, or this one has left for good.

const forgetting: (() => void)[] = [];

/** Registers something that is forgotten then. */
export function onSignOut(forget: () => void): void {
    forgetting.push(forget);
}

export function forgetAll(): void {
    for (const forget of forgetting) forget();
}
