import type { ResponseHeaders } from '@bearward/core'
import type { AnyReply } from './types.ts'

/** Sets headers of a response. */
export function setHeaders(headers: ResponseHeaders, reply: AnyReply): void {
  for (const [name, value] of Object.entries(headers)) {
    if (name === 'Vary') addToVary(value as string, reply)
    else void reply.header(name, value)
  }
}

/** Adds a name to `Vary`, which other code may have set. */
function addToVary(name: string, reply: AnyReply): void {
  const before = String(reply.getHeader('vary') ?? '')
  // Two hooks of one route can set the same headers.
  if (before.split(/ *, */).includes(name)) return
  void reply.header('Vary', before === '' ? name : `${before}, ${name}`)
}
