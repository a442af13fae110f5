import { onFastify } from '../support/on-fastify.ts'
import { describeContract } from './run-contract.ts'

describeContract(onFastify)
