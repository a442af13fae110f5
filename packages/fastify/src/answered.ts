/**
 * Replies to which a guard or the plugin has sent a response. `reply.sent` is `false` until the response has ended, and a
 * second response before that would end the process.
 */
const answered = new WeakSet()

export function isAnswered(reply: { readonly sent: boolean }): boolean {
  return reply.sent || answered.has(reply)
}

export function setAnswered(reply: object): void {
  answered.add(reply)
}
