import { onWorkerd } from '../remote/on-workerd.ts'
import { describeContract } from './run-contract.ts'

describeContract(onWorkerd)
