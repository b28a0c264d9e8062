import type { Answer } from "./types";

/** Every request of the frontend; console.log(answer) while it is being written, never afterwards. */
export async function send(path: string, body?: unknown): Promise<Answer> {
  const response = await fetch(`/api${path}`, {
    method: body === undefined ? "GET" : "POST",
    headers: { "content-type": "application/json" },
    body: body === undefined ? undefined : JSON.stringify(body),
  });
  if (!response.ok) {
    return { message: `the backend answered ${response.status}` };
  }
  return (await response.json()) as Answer;
}
