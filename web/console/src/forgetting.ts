// What is forgotten when somebody else sits down, or this one has left for good.

const forgetting: (() => void)[] = [];

/** Registers something that is forgotten then. */
export function forgets(forget: () => void): void {
    forgetting.push(forget);
}

export function forget(): void {
    for (const one of forgetting) one();
}
