// The console: a therapist's desk.

import "../../ui/tokens.css";
import "../../ui/parts.css";
import "./desk.css";
import "./screens.css";

import { render } from "preact";
import { App } from "./app";
import { follow } from "./place";
import { watchTheDesk } from "./sign_in";

watchTheDesk();
follow();
render(<App />, document.getElementById("app")!);
