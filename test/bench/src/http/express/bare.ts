import type { Api } from '../contestant.ts'
import { createApi } from './create-api.ts'

export const api: Api = () => createApi()
