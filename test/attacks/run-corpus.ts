import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import type { AccessToken, BearwardEvent, ResourceServerOptions } from '@bearward/core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { parseChallenges } from '../support/challenge-parser.ts'
import type { Framework } from '../frameworks/framework.ts'
import { bearerLine } from '../support/requests.ts'
import { getWithLines, type RawResponse, type RunningServer, sendRaw } from '../support/servers.ts'
import { watchProcess } from '../support/watch-process.ts'
import { type Attack, type Door, doorNamed, DOORS, type Outcome } from './attack.ts'
import { CORPUS } from './corpus.ts'
import { eventLeaks, leakedKids, leaks } from './leaks.ts'
import { type RunningTarget, startTarget } from './target.ts'

/** No other name may stand in a response: not one that an attacker has thought of. */
const HEADER_NAMES = [
  'cache-control',
  'connection',
  'content-length',
  'content-type',
  'date',
  'etag',
  'keep-alive',
  'vary',
  'www-authenticate',
  'x-powered-by',
]

/** So that it is never Node that finds a token too long. */
const MAX_HEADER_SIZE = 4 * 1024 * 1024

/** Runs the whole corpus over real sockets against one framework. */
export function runCorpus(framework: Framework): void {
  describe(`the attack corpus on ${framework.name}`, () => {
    const doors = new Map<Door, RunningServer>()
    const process = watchProcess()
    const events: BearwardEvent[] = []
    const published: unknown[] = []
    const onChannel = (message: unknown) => void published.push(message)
    let target: RunningTarget
    let handled = 0

    async function handle(token: AccessToken | undefined): Promise<object> {
      handled++
      if (token === undefined) return { subject: null, polluted: false }
      const { kind, id } = token.subject
      return { subject: { kind, id }, polluted: isPolluted(token.claims) }
    }

    beforeAll(async () => {
      target = await startTarget()
      subscribe('bearward', onChannel)
      for (const door of Object.keys(DOORS) as Door[]) {
        const { policy, requirements, alone } = doorNamed(door)
        const trusted = alone === true ? target.trusted.slice(0, 1) : target.trusted
        const options: ResourceServerOptions = {
          issuers: trusted.map((issuer) => ({ ...issuer, ...policy })),
          clock: target.clock,
          onEvent: (event) => events.push(event),
        }
        const routes = [{ requirements, handle }]
        const server = await framework.start({ options, routes, maxHeaderSize: MAX_HEADER_SIZE })
        doors.set(door, server)
      }
    })

    afterAll(async () => {
      unsubscribe('bearward', onChannel)
      await Promise.all([...doors.values(), target].map((running) => running.close()))
    })

    async function send(sent: ReturnType<Attack['attack']>, door: Door): Promise<RawResponse> {
      const { port } = doors.get(door)!
      events.length = published.length = handled = 0
      if (sent instanceof Uint8Array) return sendRaw(port, sent)
      return getWithLines(port, '/', typeof sent === 'string' ? [bearerLine(sent)] : sent)
    }

    it('lets honest callers in, which fetches the keys of both issuers once', async () => {
      const { issuer, other } = target
      for (const door of doors.keys()) {
        const { honest: claims = {}, alone = false } = doorNamed(door)
        expect((await send(issuer.token({ claims }), door)).status, door).toBe(200)
        const answer = await send(other.token({ claims }), door)
        expect(answer.status, door).toBe(alone ? 401 : 200)
      }
      target.fetched.length = 0
    })

    describe.each(CORPUS)('%s', (_subject, attacks) => {
      it.each(byName(attacks))('%s', async (_name, { attack, outcome, door = 'any' }) => {
        const sent = attack(target)
        const response = await send(sent, door)

        const refusals = events.filter((event) => event.type === 'refused')
        expect({ status: response.status, refusals, handled }).toMatchObject({
          status: outcome.status,
          refusals: isRefusal(outcome) ? [{ reason: outcome.reason, status: outcome.status }] : [],
          handled: outcome.status === 200 ? 1 : 0,
        })
        expect(published).toEqual(events)
        const told: string[] = []
        for (const [name, value] of response.rawHeaders) {
          expect(HEADER_NAMES).toContain(name.toLowerCase())
          told.push(value)
        }
        if (outcome.status === 200) {
          expect(bodyOf(response)).toEqual({ subject: outcome.subject, polluted: false })
        } else {
          told.push(response.body)
        }
        if (isRefusal(outcome)) expectRefusal(response, outcome, door)
        expect(leaks(sent, told.join('\0'))).toEqual([])
        expect(eventLeaks(sent, events)).toEqual([])
        expect(leakedKids(sent, told.join('\0'))).toEqual([])
      })
    })

    it('has asked for no more keys than the pace allows, and has broken nothing', async () => {
      // The first fetch, and one for keys that are not held, of each set, while time stands still.
      expect(target.fetched.length).toBeLessThanOrEqual(doors.size * 2 * 2)
      expect(target.lured).toEqual([])
      expect(await process.faults()).toEqual([])
    })
  })
}

function byName(attacks: readonly Attack[]): readonly (readonly [string, Attack])[] {
  return attacks.map((attack) => [attack.name, attack])
}

function bodyOf({ body }: RawResponse): Record<string, unknown> {
  return JSON.parse(Buffer.from(body, 'latin1').toString()) as Record<string, unknown>
}

type Refusal = Extract<Outcome, { error: unknown }>

function isRefusal(outcome: Outcome): outcome is Refusal {
  return outcome.status !== 200 && outcome.reason !== null
}

function expectRefusal(response: RawResponse, { status, error }: Refusal, door: Door): void {
  const challenges = response.rawHeaders.filter(([name]) => /^www-authenticate$/i.test(name))
  expect(challenges).toHaveLength(1)
  const [challenge, ...others] = parseChallenges(challenges[0]![1])
  expect(others).toEqual([])
  expect(challenge!.scheme).toBe('Bearer')

  const body = bodyOf(response)
  expect(Object.keys(body)).toEqual(['error', 'error_description'])
  const { scope } = doorNamed(door).requirements
  const asked = scope !== undefined && status !== 400 ? { scope } : {}
  expect(Object.fromEntries(challenge!.parameters)).toEqual(
    error === undefined
      ? { realm: 'api', ...asked }
      : { realm: 'api', error, error_description: body['error_description'], ...asked },
  )
  expect(response.header('Cache-Control')).toBe('no-store')
  expect(response.header('Content-Type')).toBe('application/json')
}

/** Whether reading or copying the claims gives anything that the token has smuggled into a prototype. */
function isPolluted(claims: object): boolean {
  const copies = [{}, [], claims, { ...claims }, Object.assign({}, claims), structuredClone(claims)]
  return copies.some((copy) => 'polluted' in copy)
}
