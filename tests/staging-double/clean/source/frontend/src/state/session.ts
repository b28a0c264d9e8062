import { send } from "@/api/client";
import type { Answer } from "@/api/types";

export interface Message {
  text: string;
  own: boolean;
}

/** The one place that speaks to the backend. */
export class SessionState {
  messages: Message[] = [];

  constructor(readonly id: string) {}

  say = async (text: string): Promise<Answer> => {
    this.messages.push({ text, own: true });
    const answer = await send(`/sessions/${this.id}/turns`, { text });
    this.messages.push({ text: "message" in answer ? answer.message : `turn ${answer.turns}`, own: false });
    return answer;
  };
}
