import type { ResponseHeaders } from '@bearward/core'
import type { Response } from 'express'

/** Sets header fields of a response. `Vary` is added to the values that other code has set. */
export function writeHeaders(headers: ResponseHeaders, response: Response): void {
  for (const [name, value] of Object.entries(headers)) {
    if (name === 'Vary') response.vary(value as string)
    else response.setHeader(name, value)
  }
}
