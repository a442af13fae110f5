/**
 * Replies to which a guard or the plugin has sent a response. `reply.sent` is `false` until the response has ended. If a second
 * response were sent before the first response has ended, the process would crash.
 */
const sentReplies = new WeakSet()

export function isSent(reply: { readonly sent: boolean }): boolean {
  return reply.sent || sentReplies.has(reply)
}

export function markAsSent(reply: object): void {
  sentReplies.add(reply)
}
