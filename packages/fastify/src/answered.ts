/**
 * The replies that a guard or the plugin has answered. `reply.sent` is false until the response has ended, and a
 * second answer in the meantime would end the process.
 */
const answered = new WeakSet()

export function isAnswered(reply: { readonly sent: boolean }): boolean {
  return reply.sent || answered.has(reply)
}

export function setAnswered(reply: object): void {
  answered.add(reply)
}
