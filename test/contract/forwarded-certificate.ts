import { readHeader } from './read-header.ts'

/** Returns the certificate in the header `X-Test-Certificate` (base64 of the DER) of a request of any framework. */
export function forwardedCertificate(request: object): Uint8Array | undefined {
  const value = readHeader(request, 'x-test-certificate')
  return value === undefined
    ? undefined
    : Uint8Array.from(atob(value), (character) => character.charCodeAt(0))
}
