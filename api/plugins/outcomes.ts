import { type ObjectStep, type Step, sideEffect } from 'postgraphile/grafast';
import { wrapPlans } from 'postgraphile/utils';
import { ApiError } from '../errors.ts';

/** What a right password gives where it is not enough; the API gives it in the error. */
function secondFactorNeeded(challenge: string): ApiError {
  return challenge.startsWith('cqe_')
    ? new ApiError(
        'CQ141',
        'This installation wants a second factor of your account.',
        'Call addSecondFactor with the challenge of this error, then confirmSignIn with it and a first code.',
        { challenge },
      )
    : new ApiError(
        'CQ140',
        'A second factor is needed.',
        'Call confirmSignIn with the challenge of this error and a code of your authenticator app, a recovery code, or a passkey.',
        { challenge },
      );
}

/** Without a token there is no sign-in. */
const withToken =
  (refusal: (challenge: unknown) => ApiError) =>
  (plan: () => unknown): ObjectStep => {
    const $payload = plan() as ObjectStep;
    const $authentication = $payload.get('result') as Step & { get(name: string): Step };
    sideEffect([$authentication.get('token'), $authentication.get('challenge')], ([token, challenge]) => {
      if (token == null) throw refusal(challenge);
    });
    return $payload;
  };

const wrongCode = () =>
  new ApiError(
    'CQ143',
    'The code is wrong, or was used before.',
    'Wait for the next one, or use a recovery code.',
  );

/**
 * The function sign_in answers null for a wrong address or password, since raising would roll back the count of
 * failures, and so does confirm_sign_in for a wrong code. Their transaction has ended when this turns the null into an error.
 */
export const SignInPlugin: GraphileConfig.Plugin = wrapPlans(
  {
    Mutation: {
      signIn: withToken((challenge) =>
        typeof challenge === 'string'
          ? secondFactorNeeded(challenge)
          : new ApiError('CQ102', 'E-mail address or password is wrong.', 'Check both, or call register.'),
      ),
      confirmSignIn: withToken(wrongCode),
    },
  },
  { name: 'SignInPlugin', version: '1.0.0' },
);

/** Makes an error of the answer false, or null. */
const rightAnswer =
  (refusal: () => ApiError) =>
  (plan: () => unknown): ObjectStep => {
    const $payload = plan() as ObjectStep;
    sideEffect($payload.get('result'), (answer) => {
      if (answer == null || answer === false) throw refusal();
    });
    return $payload;
  };
const rightPassword = (message: string) =>
  rightAnswer(() => new ApiError('CQ102', message, 'Correct it, or call requestPasswordReset.'));

/** As with sign_in, functions that ask for a password or a code answer false for a wrong one, so that the failure is counted. */
export const AskedPasswordPlugin: GraphileConfig.Plugin = wrapPlans(
  {
    Mutation: {
      changePassword: rightPassword('The old password is wrong.'),
      requestEmailChange: rightPassword('The password is wrong.'),
      proveIdentity: rightPassword('The password or the code is wrong.'),
      confirmSecondFactor: rightAnswer(wrongCode),
      removeSecondFactor: rightAnswer(wrongCode),
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
