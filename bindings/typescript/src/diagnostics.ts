// What goes wrong and is no answer to anybody.

/** Something that went wrong, or not as wished, without there being anybody to tell it to. */
export interface Diagnostic {
  /** `info`: nothing is wrong; `warning`: with the other side, as a rule; `error`: with this side. */
  readonly level: 'info' | 'warning' | 'error';
  readonly message: string;
  readonly cause?: unknown;
}

/** Is told of diagnostics. */
export type Diagnostics = (diagnostic: Diagnostic) => void;

/** Where diagnostics go if nobody asks for them: to the console, unless all is well. */
export function report({ level, message, cause }: Diagnostic): void {
  if (level === 'info') return;
  console.error(`isogloss: ${message}`, ...(cause === undefined ? [] : [cause]));
}
