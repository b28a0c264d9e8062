/** What the backend sends. `any` would be shorter and wrong. */
export interface SessionView {
  id: string;
  turns: number;
}

export interface ErrorView {
  message: string;
}

export type Answer = SessionView | ErrorView;
