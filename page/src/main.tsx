import { render } from "preact";
import { App } from "./shell/App";
import { keepRoute } from "./state/router";
import { keepSearching } from "./state/searching";
import { keepStatus } from "./state/status";
import { keepTheme } from "./state/theme";
import "./styles/index.css";

keepTheme();
keepRoute();
keepSearching();
keepStatus();

const root = document.getElementById("page");
if (root !== null) render(<App />, root);
