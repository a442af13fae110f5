/**
 * Replies to which a guard or the plugin has sent a response. `reply.sent` is `false` until the response has ended. A second
 * response before the end of the first one would end the process.
 */
const sentReplies = new WeakSet()

export function isSent(reply: { readonly sent: boolean }): boolean {
  return reply.sent || sentReplies.has(reply)
}

export function markAsSent(reply: object): void {
  sentReplies.add(reply)
}
