/** Whether an arrival may be kept, and what became of it. */
export type Outcome =
  | { readonly saved: true }
  | { readonly saved: false; readonly code: string; readonly why: string };
