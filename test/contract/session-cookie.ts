import { readHeader } from './read-header.ts'

/** Returns the cookie `session` of a request of any framework. */
export function sessionCookie(request: object): string | undefined {
  return /(?:^|; )session=([^;]*)/.exec(readHeader(request, 'cookie') ?? '')?.[1]
}
