// What is loaded in one piece when the first of these pages is opened.

export { History } from "./history";
export { Lock, LockOffer, LockSettings } from "./lock";
export { Move } from "./move";
export { Sessions } from "./sessions";
export { Listening } from "../screens/listening";
export { Notes } from "../screens/notes";
export { Phones } from "../screens/phones";
export { Preferences } from "../screens/preferences";
