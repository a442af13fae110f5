import { describe, expect, it, vi } from 'vitest'
import { fakeClock } from '../../../../test/support/fake-clock.ts'
import { AUDIENCE, createTestIssuer, ISSUER } from '../../../../test/support/issuer.ts'
import { watchProcess } from '../../../../test/support/watch-process.ts'
import { ADVISOR } from '../../src/advice/advisor.ts'
import { FAILURE_ADVICE } from '../../src/advice/failure-advice.ts'
import { requestWith } from '../../../../test/support/requests.ts'
import { withoutWatching } from '../../../../test/support/watch-events.ts'
import { type BearwardEvent, createResourceServer } from '../../src/index.ts'
import { createPublisher } from '../../src/lib/publisher.ts'
import { LIMITS } from '../../src/limits.ts'
import { createLog } from '../../src/log/create-log.ts'

function setup() {
  const clock = fakeClock()
  const closing = new AbortController()
  const lines: string[] = []
  const log = createLog(
    (level, line) => lines.push(`${level} ${line}`),
    ADVISOR,
    clock,
    closing.signal,
  )
  const publish = createPublisher<BearwardEvent>(undefined, log)
  /** Publishes failures of introspection. Each kind of failure has its own limit of log lines. */
  const fail = (times: number, failure: 'timeout' | 'throttled' = 'timeout') => {
    for (let i = 0; i < times; i++) {
      const members = { issuer: ISSUER, failure, detail: `call ${i}`, pause: 0, duration: 1 }
      publish('introspection_failed', () => members)
    }
  }
  return { clock, closing, lines, publish, fail }
}

const OMITTED =
  /^warn \[bearward\] introspection_failed timeout: (\d+) more lines in this second were omitted\.$/

describe('the log', () => {
  it('the log writes at most 10 lines of each kind per second, and then the number of omitted lines', () => {
    const { clock, lines, fail } = setup()
    fail(LIMITS.logLines + 25)
    fail(3, 'throttled')
    expect(lines).toHaveLength(LIMITS.logLines + 3)
    clock.advance(0.999)
    expect(lines).toHaveLength(LIMITS.logLines + 3)
    clock.advance(0.001)
    expect(lines.slice(-1)).toEqual([expect.stringMatching(OMITTED)])
    expect(OMITTED.exec(lines.at(-1)!)![1]).toBe('25')

    lines.length = 0
    fail(LIMITS.logLines)
    clock.advance(10)
    expect(lines).toHaveLength(LIMITS.logLines)
  })

  it('the log counts omitted lines until a late timer fires, and sets a timer only if lines are omitted', () => {
    const { clock, lines, fail } = setup()
    fail(LIMITS.logLines)
    expect(clock.pending()).toBe(0)
    fail(2)
    expect(clock.pending()).toBe(1)
    clock.suspend(5)
    fail(2)
    clock.advance(0)
    expect(OMITTED.exec(lines.at(-1)!)![1]).toBe('4')
    expect(clock.pending()).toBe(0)
  })

  it('the log writes the number of omitted lines as soon as the resource server is closed', () => {
    const { clock, closing, lines, fail } = setup()
    fail(LIMITS.logLines + 7)
    closing.abort()
    expect(OMITTED.exec(lines.at(-1)!)![1]).toBe('7')
    expect(clock.pending()).toBe(0)
  })

  it('publish creates no event of a type that the log omits, unless there is another listener', () => {
    const { lines, publish } = setup()
    const getMembers = vi.fn()
    withoutWatching(() => {
      publish('verified', getMembers as never)
      publish('introspection_called', getMembers as never)
    })
    expect(getMembers).not.toHaveBeenCalled()
    expect(lines).toEqual([])
  })

  it('publish creates no more events with the same reason after the first omitted line, and the log counts all omitted lines', () => {
    const { clock, lines, publish } = setup()
    const getMembers = vi.fn(() => ({ reason: 'expired', status: 401, check: 'exp' }))
    const refuse = () => publish('refused', getMembers as never, undefined, '401 expired')
    withoutWatching(() => {
      for (let i = 0; i < LIMITS.logLines + 25; i++) refuse()
    })
    expect(getMembers).toHaveBeenCalledTimes(LIMITS.logLines + 1)
    clock.advance(1)
    expect(lines.at(-1)).toBe(
      'info [bearward] refused 401 expired: 25 more lines in this second were omitted.',
    )
  })

  it('the log has no line for a failed call that close() has aborted', () => {
    const { lines, publish } = setup()
    const members = { issuer: ISSUER, failure: 'closed', detail: '', pause: 0, duration: 1 }
    publish('introspection_failed', () => members as never)
    expect(lines).toEqual([])
  })

  it('publish does not throw and calls no listener if the creation of an event throws', () => {
    const events: BearwardEvent[] = []
    const publish = createPublisher<BearwardEvent>((event) => events.push(event))
    publish('closed', () => {
      throw new RangeError('no')
    })
    expect(events).toEqual([])
  })

  it('the log has a line for invalid keys of an issuer, but not for keys for other purposes', () => {
    const { lines, publish } = setup()
    const refreshed = (reason: 'private_key' | 'not_for_verification') =>
      publish('keys_refreshed', () => ({
        issuer: ISSUER,
        keys: 1,
        ignored: [{ index: 1, reason }],
        duration: 0,
      }))
    refreshed('not_for_verification')
    refreshed('private_key')
    expect(lines).toEqual([
      `warn [bearward] keys_refreshed: Some keys that ${ISSUER} publishes are ignored: keys[1]: private_key.`,
    ])
  })

  it.each([
    [
      'throws',
      () => {
        throw new Error('the disk is full')
      },
    ],
    ['rejects', () => Promise.reject(new Error('the collector is down'))],
  ])(
    'the log ignores errors of a logger that %s, even in the line about omitted lines and after close()',
    async (_case, fail) => {
      const faults = watchProcess()
      const clock = fakeClock()
      const closing = new AbortController()
      const log = createLog(fail, ADVISOR, clock, closing.signal)
      const publish = createPublisher<BearwardEvent>(undefined, log)
      const flood = () => {
        for (let i = 0; i < LIMITS.logLines + 2; i++) {
          const members = { issuer: ISSUER, failure: 'timeout', detail: '', pause: 0, duration: 1 }
          publish('introspection_failed', () => members as never)
        }
      }
      flood()
      clock.advance(1)
      flood()
      closing.abort()
      flood()
      expect(await faults.faults()).toEqual([])
      expect(clock.pending()).toBe(0)
    },
  )

  it('createLog adds one abort listener for all kinds of log lines', () => {
    const closing = new AbortController()
    const add = vi.spyOn(closing.signal, 'addEventListener')
    const log = createLog(() => {}, ADVISOR, fakeClock(), closing.signal)
    const publish = createPublisher<BearwardEvent>(undefined, log)
    for (const failure of Object.keys(FAILURE_ADVICE)) {
      for (let i = 0; i < LIMITS.logLines + 2; i++) {
        const members = { issuer: ISSUER, failure, detail: '', pause: 0, duration: 1 }
        publish('introspection_failed', () => members as never)
      }
    }
    expect(add).toHaveBeenCalledTimes(1)
  })

  it('authorize() returns the reason of a refusal even if the logger throws', () => {
    const issuer = createTestIssuer()
    const fail = () => {
      throw new Error('the disk is full')
    }
    const server = createResourceServer({
      issuer: ISSUER,
      audience: AUDIENCE,
      jwks: issuer.jwks,
      logger: { info: fail, warn: fail },
    })
    expect(server.authorize(requestWith('x'))).toMatchObject({ reason: 'malformed_token' })
  })
})

describe('the option logger', () => {
  it('a resource server without a logger writes nothing to the console', () => {
    const spies = (['info', 'warn', 'log', 'error'] as const).map((method) =>
      vi.spyOn(console, method).mockImplementation(() => {}),
    )
    const issuer = createTestIssuer()
    const server = createResourceServer({ issuer: ISSUER, audience: AUDIENCE, jwks: issuer.jwks })
    void server.authorize(requestWith('x'))
    for (const spy of spies) {
      expect(spy).not.toHaveBeenCalled()
      spy.mockRestore()
    }
  })

  it('a resource server with a logger and onEvent writes log lines and publishes events', () => {
    const issuer = createTestIssuer()
    const lines: unknown[][] = []
    const events: string[] = []
    const logger = {
      info: (...line: unknown[]) => lines.push(['info', ...line]),
      warn: (...line: unknown[]) => lines.push(['warn', ...line]),
    }
    const server = createResourceServer({
      issuer: ISSUER,
      audience: AUDIENCE,
      jwks: issuer.jwks,
      logger,
      onEvent: ({ type }) => events.push(type),
    })
    void server.authorize({ ...requestWith(issuer.token()), id: 'r-1' }, { scope: 'admin' })
    expect(events).toEqual(['verified', 'refused'])
    expect(lines).toEqual([
      [
        'info',
        '[bearward] refused 403 insufficient_scope: scope: expected admin, found "read". In the client: request the scope. If the client already requests it, grant the scope to the client or user at the authorization server. (client="reports-cron" issuer="https://as.example.com" kid="ES256-key" request="r-1" guard={ scope: "admin" })',
      ],
    ])
  })

  it.each([
    ['true', true],
    ['null', null],
    ['a string', 'console'],
    ['an empty object', {}],
    ['an object without warn', { info() {} }],
    ['an object with numbers', { info: 1, warn: 1 }],
  ])('createResourceServer throws if logger is %s', (_case, logger) => {
    expect(() =>
      createResourceServer({ issuer: ISSUER, audience: AUDIENCE, logger } as never),
    ).toThrow('logger must be false, or an object with the methods info and warn')
  })
})
