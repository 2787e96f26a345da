// The console: a therapist's desk.

import "../../ui/tokens.css";
import "../../ui/parts.css";
import "./styles/base.css";
import "./styles/around.css";
import "./styles/parts.css";
import "./styles/door.css";
import "./styles/today.css";
import "./styles/client.css";
import "./styles/invite.css";
import "./styles/share.css";
import "./styles/listening.css";
import "./styles/cut.css";

import { render } from "preact";
import { App } from "./app";
import { follow } from "./place";
import { watchTheDesk } from "./sign_in";

watchTheDesk();
follow();
render(<App />, document.getElementById("app")!);
