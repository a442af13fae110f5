/** Returns a reference to the documentation, for a code without advice. */
export function referTo(code: string): string {
  return `For advice, look up ${code} in docs/troubleshooting.md, or set use: [advice].`
}
