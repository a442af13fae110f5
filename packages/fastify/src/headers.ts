import type { ResponseHeaders } from '@bearward/core'
import type { AnyReply } from './types.ts'

/** Sets headers of a response. */
export function setHeaders(headers: ResponseHeaders, reply: AnyReply): void {
  for (const [name, value] of Object.entries(headers)) {
    if (name === 'Vary') addToVary(value as string, reply)
    else void reply.header(name, value)
  }
}

/** Adds a value to `Vary`, which other code may have set. */
function addToVary(value: string, reply: AnyReply): void {
  const before = reply.getHeader('vary')
  void reply.header('Vary', before === undefined ? value : `${String(before)}, ${value}`)
}
