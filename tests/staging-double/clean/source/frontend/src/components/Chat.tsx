import { useState } from "react";

import type { SessionState } from "@/state/session";

import { Line } from "./Message";

interface Properties {
  state: SessionState;
}

export function Chat({ state }: Properties) {
  const [text, setText] = useState("");
  const submit = async () => {
    await state.say(text);
    setText("");
  };
  return (
    <main>
      {state.messages.map((message, at) => (
        <Line key={at} message={message} />
      ))}
      <input value={text} onChange={(event) => setText(event.target.value)} />
      <button onClick={submit}>Send: eval() is only a word here</button>
    </main>
  );
}
