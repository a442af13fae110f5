import type { Api } from '../contestant.ts'
import { apiBehind } from './api-behind.ts'

export const api: Api = () => apiBehind()
