import { createHmac, randomBytes } from 'node:crypto'
import { createClaims, createTimes, type Times } from '../claims.ts'
import { runProgram } from '../program.ts'
import type { MemoryTask, MemoryUse } from './memory.ts'
import { HS256_VERIFIERS } from './verifiers.ts'

const SECRET = randomBytes(32)
const HEADER = Buffer.from('{"alg":"HS256","typ":"at+jwt"}').toString('base64url')

// Verifies a million tokens with one verifier, and measures the memory that remains in use. Every token is verified
// twice, because some caches store a token only when it is verified again.
await runProgram<MemoryTask, 'measure'>(async ({ verifier, tokens }) => {
  const accepts = HS256_VERIFIERS[verifier]!(SECRET)
  const times = createTimes(3600)
  const verifyTwice = (index: number) => {
    const token = mint(index, times)
    if (!accepts(token) || !accepts(token)) throw new Error('a token was rejected')
  }
  verifyTwice(tokens)
  return {
    ready: 'ready',
    respond: () => {
      const before = heap()
      for (let i = 0; i < tokens; i++) verifyTwice(i)
      const memoryUse: MemoryUse = {
        heap: heap() - before,
        peak: process.resourceUsage().maxRSS * 1024,
      }
      // Keeps the verifier and its cache reachable until the heap has been measured.
      verifyTwice(0)
      return memoryUse
    },
  }
})

function mint(index: number, times: Times): string {
  const payload = Buffer.from(JSON.stringify(createClaims(index, times))).toString('base64url')
  const input = `${HEADER}.${payload}`
  return `${input}.${createHmac('sha256', SECRET).update(input).digest('base64url')}`
}

function heap(): number {
  globalThis.gc!()
  return process.memoryUsage().heapUsed
}
