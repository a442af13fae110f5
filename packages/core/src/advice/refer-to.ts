/** Returns a reference to the documentation for a reason or a failure. Used if the part `advice` is missing or has no advice. */
export function referTo(code: string): string {
  return `For advice, look up ${code} in docs/troubleshooting.md, or set use: [advice].`
}
