/**
 * Replies to which a guard or the plugin has sent a response. `reply.sent` is `false` until the response has ended, and a
 * second response before that would end the process.
 */
const sentReplies = new WeakSet()

export function isSent(reply: { readonly sent: boolean }): boolean {
  return reply.sent || sentReplies.has(reply)
}

export function markAsSent(reply: object): void {
  sentReplies.add(reply)
}
