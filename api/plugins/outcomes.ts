import { type ObjectStep, type Step, sideEffect } from 'postgraphile/grafast';
import { wrapPlans } from 'postgraphile/utils';
import { ApiError } from '../errors.ts';

/**
 * The function sign_in answers null for a wrong address or password, since raising would roll back the count of
 * failures. Its transaction has ended when this turns the null into an error.
 */
export const SignInPlugin: GraphileConfig.Plugin = wrapPlans(
  {
    Mutation: {
      signIn(plan) {
        const $payload = plan() as ObjectStep;
        const $authentication = $payload.get('result') as Step & { get(name: string): Step };
        sideEffect($authentication.get('token'), (token) => {
          if (token == null) {
            throw new ApiError(
              'CQ102',
              'E-mail address or password is wrong.',
              'Check both, or call register.',
            );
          }
        });
        return $payload;
      },
    },
  },
  { name: 'SignInPlugin', version: '1.0.0' },
);

/** Makes an error of the answer false. */
const rightPassword =
  (message: string) =>
  (plan: () => unknown): ObjectStep => {
    const $payload = plan() as ObjectStep;
    sideEffect($payload.get('result'), (isDone) => {
      if (isDone !== true) throw new ApiError('CQ102', message, 'Correct it, or call requestPasswordReset.');
    });
    return $payload;
  };

/** As with sign_in, functions that ask for the password answer false for a wrong one, so that the failure is counted. */
export const AskedPasswordPlugin: GraphileConfig.Plugin = wrapPlans(
  {
    Mutation: {
      changePassword: rightPassword('The old password is wrong.'),
      requestEmailChange: rightPassword('The password is wrong.'),
    },
  },
  { name: 'AskedPasswordPlugin', version: '1.0.0' },
);

/** An update that changed no row is an error, as a deletion that deleted none is: nothing else would tell. */
export const NothingUpdatedPlugin: GraphileConfig.Plugin = wrapPlans(
  (context) => (context.scope.isPgUpdateMutation ? true : null),
  () => (plan) => {
    const $payload = plan() as ObjectStep;
    sideEffect($payload.get('result'), (row) => {
      if (row == null) throw new ApiError('CQ204', 'There is no such row, or it is not yours to change.');
    });
    return $payload;
  },
  { name: 'NothingUpdatedPlugin', version: '1.0.0' },
);
