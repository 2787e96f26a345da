// What is loaded in one piece when the first of these pages is opened.

import "../styles/pages.css";

export { Ask } from "./ask";
export { Code } from "./code";
export { Goodbye } from "./goodbye";
export { Lock, LockOffer, LockSettings } from "./lock";
export { History } from "./mine/history";
export { Listening } from "./mine/listening";
export { Mine } from "./mine/mine";
export { Move } from "./mine/move";
export { Notes } from "./mine/notes";
export { Phones } from "./mine/phones";
export { Preferences } from "./mine/preferences";
export { Sessions } from "./mine/sessions";
export { Rate } from "./rate";
export { Seen } from "./seen";
