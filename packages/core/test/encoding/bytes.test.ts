import { describe, expect, it } from 'vitest'
import { fc } from '../../../../test/support/property.ts'
import { base64urlToBytes as nodeBytes } from '../../src/encoding/node-bytes.ts'
import { base64urlToBytes as portableBytes } from '../../src/encoding/portable-bytes.ts'

describe.each([
  ['node-bytes', nodeBytes],
  ['portable-bytes', portableBytes],
])('base64urlToBytes of %s', (_, base64urlToBytes) => {
  it('decodes the vectors of RFC 4648 section 10, and both letters that differ from base64', () => {
    const vectors = { Zg: 'f', Zm8: 'fo', Zm9v: 'foo', Zm9vYg: 'foob', Zm9vYmE: 'fooba' }
    for (const [text, bytes] of Object.entries(vectors)) {
      expect(Buffer.from(base64urlToBytes(text)).toString('latin1')).toBe(bytes)
    }
    expect([...base64urlToBytes('-_-_')]).toEqual([0xfb, 0xff, 0xbf])
  })

  it('undoes the encoding of any bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 1, maxLength: 300 }), (bytes) => {
        const text = Buffer.from(bytes).toString('base64url')
        expect([...base64urlToBytes(text)]).toEqual([...bytes])
      }),
    )
  })
})
