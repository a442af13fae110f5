import { createHmac, randomBytes } from 'node:crypto'
import { claimsOf, type Times, timesFor } from '../claims.ts'
import { runProgram } from '../program.ts'
import type { Diet, Footprint } from './memory.ts'
import { HS256_VERIFIERS } from './verifiers.ts'

const SECRET = randomBytes(32)
const HEADER = Buffer.from('{"alg":"HS256","typ":"at+jwt"}').toString('base64url')

// One verifier in a process of its own, a million tokens, and what is left of them. Each comes twice: what is
// careful about what it remembers remembers nothing that came once.
await runProgram<Diet, 'footprint'>(async ({ verifier, tokens }) => {
  const accepts = HS256_VERIFIERS[verifier]!(SECRET)
  const times = timesFor(3600)
  const verifyTwice = (index: number) => {
    const token = mint(index, times)
    if (!accepts(token) || !accepts(token)) throw new Error('a token was refused')
  }
  verifyTwice(tokens)
  return {
    ready: 'ready',
    answer: () => {
      const before = heap()
      for (let i = 0; i < tokens; i++) verifyTwice(i)
      const footprint: Footprint = {
        heap: heap() - before,
        peak: process.resourceUsage().maxRSS * 1024,
      }
      // Until here it could have been collected with all it holds.
      verifyTwice(0)
      return footprint
    },
  }
})

function mint(index: number, times: Times): string {
  const payload = Buffer.from(JSON.stringify(claimsOf(index, times))).toString('base64url')
  const input = `${HEADER}.${payload}`
  return `${input}.${createHmac('sha256', SECRET).update(input).digest('base64url')}`
}

function heap(): number {
  globalThis.gc!()
  return process.memoryUsage().heapUsed
}
