import type { Message } from "../state/session";

export const Line = ({ message }: { message: Message }) => (
  <p className={message.own ? "own" : "other"}>{message.text}</p>
);
