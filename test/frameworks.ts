import express5 from 'express'
import express4 from 'express4'
import Koa3 from 'koa'
import Koa2 from 'koa2'
import { expressCompositions } from './frameworks/express/by-hand.ts'
import { fastifyCompositions } from './frameworks/fastify/by-hand.ts'
import { fetchCompositions } from './frameworks/fetch/by-hand.ts'
import { hapiCompositions } from './frameworks/hapi/by-hand.ts'
import { honoCompositions } from './frameworks/hono/by-hand.ts'
import { koaCompositions } from './frameworks/koa/by-hand.ts'
import type { Composition } from './frameworks/composition.ts'
import type { Framework } from './frameworks/framework.ts'
import { onExpress } from './frameworks/express/mount.ts'
import { onFastify } from './frameworks/fastify/mount.ts'
import { onFetch } from './frameworks/fetch/mount.ts'
import { onHapi } from './frameworks/hapi/mount.ts'
import { onHono } from './frameworks/hono/mount.ts'
import { onKoa } from './frameworks/koa/mount.ts'

/** One major version of a framework, with the adapter mounted in it. */
export interface FrameworkEntry extends Framework {
  /**
   * Folder of the adapter in `packages/` and in `test/frameworks/`. `undefined` if the adapter is never published: the adapter is
   * then `adapter.ts` in the folder of the framework in `test/frameworks/`.
   */
  readonly adapter: string | undefined
  /** Module name of this version in the `package.json` of the adapter. `undefined` if the adapter is used without a framework. */
  readonly module: string | undefined
  /** Applications that call a guard by hand. */
  readonly byHand: readonly Composition[]
}

/**
 * The frameworks that Bearward supports, and hapi. The adapter for hapi is written from the documentation alone, to test the
 * documentation. The contract, the attacks and the misuse cases run for each entry. For a published adapter, the folder in
 * `frameworks/` also contains an API for the packaging checks and the runtimes (`application.ts`), and the type tests
 * (`types.test-d.ts`).
 */
export const FRAMEWORKS: readonly FrameworkEntry[] = [
  {
    ...onExpress('Express 5', express5),
    adapter: 'express',
    module: 'express',
    byHand: expressCompositions(express5),
  },
  {
    ...onExpress('Express 4', express4),
    adapter: 'express',
    module: 'express4',
    byHand: expressCompositions(express4),
  },
  {
    ...onKoa('Koa 3', () => new Koa3()),
    adapter: 'koa',
    module: 'koa',
    byHand: koaCompositions(() => new Koa3()),
  },
  {
    ...onKoa('Koa 2', () => new Koa2()),
    adapter: 'koa',
    module: 'koa2',
    byHand: koaCompositions(() => new Koa2()),
  },
  { ...onFastify, adapter: 'fastify', module: 'fastify', byHand: fastifyCompositions },
  { ...onFetch, adapter: 'fetch', module: undefined, byHand: fetchCompositions },
  { ...onHono, adapter: 'fetch', module: 'hono', byHand: honoCompositions },
  { ...onHapi, adapter: undefined, module: '@hapi/hapi', byHand: hapiCompositions },
]
