// What is loaded in one piece when the first of these pages is opened.

export { Ask } from "./ask";
export { Code } from "./code";
export { Goodbye } from "./goodbye";
export { History } from "./history";
export { Listening } from "./listening";
export { Lock, LockOffer, LockSettings } from "./lock";
export { Mine } from "./mine";
export { Move } from "./move";
export { Notes } from "./notes";
export { Phones } from "./phones";
export { Preferences } from "./preferences";
export { Rate } from "./rate";
export { Seen } from "./seen";
export { Sessions } from "./sessions";
