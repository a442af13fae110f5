/**
 * OAuth 2.0 access-token verification for Hono: a middleware, with a typed `c.get('auth')`.
 *
 * @module @bearward/fetch/hono
 */
export { auth, createBearward, requireToken } from './hono/bearward.ts'
export { toResponse } from './responses.ts'
export type { Bearward, HonoGuard, HonoRequirements, StrictHonoRequirements } from './hono/types.ts'
