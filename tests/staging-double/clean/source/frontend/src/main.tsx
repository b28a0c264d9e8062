import { Chat } from "./components/Chat";
import { SessionState } from "./state/session";

const state = new SessionState(new URLSearchParams(window.location.search).get("session") ?? "new");

export const App = () => <Chat state={state} />;
