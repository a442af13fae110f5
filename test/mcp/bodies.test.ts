import { gzipSync } from 'node:zlib'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { settled } from '../support/fake-clock.ts'
import { sendInTurn } from '../support/servers.ts'
import { watchProcess } from '../support/watch-process.ts'
import { BODY_LIMIT } from './attacks/bytes.ts'
import { TOKENS } from './fixture.ts'
import { LIST, PURGE } from './messages.ts'
import { type Sent, sendPart, writeHead, writeRequest } from './requests.ts'
import { type BodyParser, MCP_FRAMEWORKS } from './servers.ts'
import { start } from './start.ts'

const PARSERS: readonly BodyParser[] = ['json', 'text', 'raw']
const EXPRESS = MCP_FRAMEWORKS.filter(({ name }) => name.startsWith('Express'))

const processFaults = watchProcess()

afterEach(() => void vi.restoreAllMocks())

describe.each(EXPRESS)(
  'bodies that other middleware has read before the guard for $name',
  (framework) => {
    it.each(PARSERS)(
      'MCP-20: the guard checks the body of express.%s, and the handler gets the same object',
      async (bodyParser) => {
        const server = await start(framework, { bodyParser })
        expect((await server.send({ body: PURGE, token: TOKENS.reader })).status).toBe(403)
        const parse = vi.spyOn(JSON, 'parse')
        expect((await server.send({ body: PURGE, token: TOKENS.admin })).status).toBe(200)
        const text = JSON.stringify(PURGE)
        const results = parse.mock.results.filter(
          (_, index) => parse.mock.calls[index]![0] === text,
        )
        expect(results).toHaveLength(1)
        expect(server.seen).toHaveLength(1)
        expect(server.seen[0]!.parsedBody).toBe(results[0]!.value)
      },
    )

    it.each(PARSERS)(
      'MCP-20: the guard checks a compressed body of express.%s',
      async (bodyParser) => {
        const server = await start(framework, { bodyParser })
        const sent = { body: gzipSync(JSON.stringify(PURGE)), lines: ['Content-Encoding: gzip'] }
        expect((await server.send({ ...sent, token: TOKENS.reader })).status).toBe(403)
        expect((await server.send({ ...sent, token: TOKENS.admin })).status).toBe(200)
        expect(server.seen.map(({ parsedBody }) => parsedBody)).toEqual([PURGE])
      },
    )

    it.each(PARSERS)(
      'MCP-20: handlers never get the body of a GET, DELETE or OPTIONS request that express.%s has read',
      async (bodyParser) => {
        const server = await start(framework, { bodyParser })
        for (const method of ['GET', 'DELETE', 'OPTIONS'])
          await server.send({ method, body: PURGE, token: TOKENS.reader })
        expect(server.seen.filter(({ parsedBody }) => parsedBody !== undefined)).toEqual([])
      },
    )

    it('MCP-20: the guard refuses a text of express.text and bytes of express.raw that are not JSON', async () => {
      for (const bodyParser of ['text', 'raw'] as const) {
        const server = await start(framework, { bodyParser })
        for (const body of ['{', 'tools/list', '']) {
          const response = await server.send({ body, token: TOKENS.admin })
          expect(response.status).toBe(400)
          expect(response.json()).toMatchObject({ error: { code: -32_700 } })
        }
        expect(server.seen).toEqual([])
      }
    })

    it('the guard checks a body over its limit that express.json has read', async () => {
      const server = await start(framework, { bodyParser: 'json', guard: { bodyLimit: 10 } })
      expect((await server.send({ body: PURGE, token: TOKENS.reader })).status).toBe(403)
      expect((await server.send({ body: PURGE, token: TOKENS.admin })).status).toBe(200)
    })
  },
)

/** Heads of requests that the guard refuses before it has read the body. */
const EARLY: readonly (readonly [what: string, status: number, sent: Sent])[] = [
  ['without a token', 401, {}],
  ['with a bad token', 401, { lines: ['Authorization: Bearer bad'] }],
  ['of another origin', 403, { token: TOKENS.admin, lines: ['Origin: https://evil.example'] }],
]

describe.each(MCP_FRAMEWORKS)('bodies of requests to the guard for $name', (framework) => {
  it.each(EARLY)(
    'the guard refuses a request %s before the body has arrived',
    async (_what, status, sent) => {
      const server = await start(framework)
      for (const isChunked of [false, true]) {
        const head = writeHead({ ...sent, isChunked, body: ' '.repeat(1000) })
        expect(await sendPart(server.port, head, { isEnded: false })).toBe(status)
      }
      expect(server.seen).toEqual([])
    },
  )

  it('MCP-20: the guard responds with 413 before a body over the limit has arrived', async () => {
    const server = await start(framework, { guard: { bodyLimit: BODY_LIMIT } })
    const head = writeHead({ token: TOKENS.admin, body: ' '.repeat(BODY_LIMIT + 1) })
    expect(await sendPart(server.port, head, { isEnded: false })).toBe(413)
    expect(server.seen).toEqual([])
  })

  it('MCP-20: the guard does not run a handler for a body that ends too early', async () => {
    const server = await start(framework)
    const text = JSON.stringify(LIST)
    const heads = [
      writeHead({ token: TOKENS.admin, body: `${text}     ` }),
      writeHead({ token: TOKENS.admin, body: text, isChunked: true }),
    ]
    const parts = [text, `${text.length.toString(16)}\r\n${text}\r\n`]
    for (const [index, head] of heads.entries()) {
      const part = Buffer.concat([head, Buffer.from(parts[index]!)])
      const status = await sendPart(server.port, part, { isEnded: true })
      expect(status ?? 400).toBe(400)
      await settled()
    }
    expect(server.seen).toEqual([])
    expect(await processFaults.faults()).toEqual([])
  })

  const REFUSED: readonly (readonly [what: string, status: number, sent: Sent])[] = [
    ['a call without a token', 401, { body: ' '.repeat(100_000) }],
    ['a call without the scope of the tool', 403, { body: PURGE, token: TOKENS.reader }],
    ['a body that is not JSON', 400, { body: '{', token: TOKENS.admin }],
    ['a body over the limit', 413, { body: ' '.repeat(100_000), token: TOKENS.admin }],
    [
      'a body over the limit in chunks',
      413,
      { body: ' '.repeat(100_000), token: TOKENS.admin, isChunked: true },
    ],
    ['a body of DELETE', 400, { method: 'DELETE', body: PURGE, token: TOKENS.admin }],
  ]
  it.each(REFUSED)(
    'the guard closes the connection or responds to the next request of the connection after it has refused %s',
    async (_what, status, sent) => {
      const server = await start(framework, { guard: { bodyLimit: 1000 } })
      const refused = writeRequest(sent).toString('latin1').replace('Connection: close\r\n', '')
      const next = writeRequest({ body: PURGE, token: TOKENS.admin }).toString('latin1')
      const responses = await sendInTurn(server.port, [refused, next])
      const statuses = responses.map((response) => response.status)
      // A framework may also close the connection, but must not leave the client waiting.
      expect([[status], [status, 200]]).toContainEqual(statuses)
    },
  )

  it('MCP-20: the guard applies its default limit of 1 MiB', async () => {
    const server = await start(framework)
    const padded = (length: number) => JSON.stringify(LIST).padEnd(length, ' ')
    expect((await server.send({ body: padded(1_048_576), token: TOKENS.reader })).status).toBe(200)
    expect((await server.send({ body: padded(1_048_577), token: TOKENS.reader })).status).toBe(413)
    expect(server.seen).toHaveLength(1)
  })
})
