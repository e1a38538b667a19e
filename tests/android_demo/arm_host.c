/* Runs a model once by the C interface of Android's libtensorflowlite_jni.so: in tests, for ARM64 under qemu.
 *
 *   arm_host MODEL THREADS OUTPUT=FILE INPUT=FILE ...
 *
 * reads the inputs of the model's first signature from files, and writes its output to one.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Of TFLite's c_api.h, as far as it is used; the AAR's copy includes headers that the AAR lacks. */
typedef struct TfLiteModel TfLiteModel;
typedef struct TfLiteInterpreterOptions TfLiteInterpreterOptions;
typedef struct TfLiteInterpreter TfLiteInterpreter;
typedef struct TfLiteSignatureRunner TfLiteSignatureRunner;
typedef struct TfLiteTensor TfLiteTensor;
enum { kTfLiteOk = 0 };
TfLiteModel *TfLiteModelCreateFromFile(const char *path);
void TfLiteModelDelete(TfLiteModel *);
TfLiteInterpreterOptions *TfLiteInterpreterOptionsCreate(void);
void TfLiteInterpreterOptionsSetNumThreads(TfLiteInterpreterOptions *, int32_t threads);
void TfLiteInterpreterOptionsDelete(TfLiteInterpreterOptions *);
TfLiteInterpreter *TfLiteInterpreterCreate(const TfLiteModel *, const TfLiteInterpreterOptions *);
void TfLiteInterpreterDelete(TfLiteInterpreter *);
const char *TfLiteInterpreterGetSignatureKey(const TfLiteInterpreter *, int32_t index);
TfLiteSignatureRunner *TfLiteInterpreterGetSignatureRunner(const TfLiteInterpreter *, const char *key);
int TfLiteSignatureRunnerAllocateTensors(TfLiteSignatureRunner *);
int TfLiteSignatureRunnerInvoke(TfLiteSignatureRunner *);
TfLiteTensor *TfLiteSignatureRunnerGetInputTensor(TfLiteSignatureRunner *, const char *name);
const TfLiteTensor *TfLiteSignatureRunnerGetOutputTensor(const TfLiteSignatureRunner *, const char *name);
void TfLiteSignatureRunnerDelete(TfLiteSignatureRunner *);
void TfLiteInterpreterOptionsAddDelegate(TfLiteInterpreterOptions *, void *delegate);
void *TfLiteTensorData(const TfLiteTensor *);
size_t TfLiteTensorByteSize(const TfLiteTensor *);
/* The number of threads comes first; the rest, shorter than this, is left as it comes. */
typedef struct {
  int32_t threads;
  char rest[252];
} XnnpackOptions;
XnnpackOptions TfLiteXNNPackDelegateOptionsDefault(void);
void *TfLiteXNNPackDelegateCreate(const XnnpackOptions *);
void TfLiteXNNPackDelegateDelete(void *);

/* The library finds its stack guard 40 bytes behind the thread pointer, where bionic keeps it. glibc has the first
 * bytes of the program's own thread-local variables there: these, which nobody changes. */
__attribute__((used)) static __thread volatile char guard[64];

static void check(int right, const char *what, const char *name) {
  if (!right) {
    fprintf(stderr, "arm_host: %s: %s\n", what, name);
    exit(1);
  }
}

static char *file_of(char *argument) { /* NAME=FILE becomes NAME, and FILE is returned */
  char *equals = strchr(argument, '=');
  check(equals != NULL, "NAME=FILE is wanted", argument);
  *equals = 0;
  return equals + 1;
}

int main(int count, char **arguments) {
  guard[0] = 0;
  check(count >= 5, "usage", "arm_host MODEL THREADS OUTPUT=FILE INPUT=FILE ...");
  TfLiteModel *model = TfLiteModelCreateFromFile(arguments[1]);
  check(model != NULL, "not a model", arguments[1]);
  TfLiteInterpreterOptions *options = TfLiteInterpreterOptionsCreate();
  TfLiteInterpreterOptionsSetNumThreads(options, atoi(arguments[2]));
  XnnpackOptions given = TfLiteXNNPackDelegateOptionsDefault();
  given.threads = atoi(arguments[2]);
  void *xnnpack = TfLiteXNNPackDelegateCreate(&given);
  check(xnnpack != NULL, "no XNNPACK for", arguments[1]);
  TfLiteInterpreterOptionsAddDelegate(options, xnnpack);
  TfLiteInterpreter *interpreter = TfLiteInterpreterCreate(model, options);
  check(interpreter != NULL, "no interpreter for", arguments[1]);
  TfLiteSignatureRunner *runner =
      TfLiteInterpreterGetSignatureRunner(interpreter, TfLiteInterpreterGetSignatureKey(interpreter, 0));
  check(runner != NULL && TfLiteSignatureRunnerAllocateTensors(runner) == kTfLiteOk, "can't run", arguments[1]);
  for (int index = 4; index < count; index++) {
    FILE *file = fopen(file_of(arguments[index]), "rb");
    TfLiteTensor *tensor = TfLiteSignatureRunnerGetInputTensor(runner, arguments[index]);
    check(file != NULL && tensor != NULL, "no such input, or no file", arguments[index]);
    size_t size = TfLiteTensorByteSize(tensor);
    check(fread(TfLiteTensorData(tensor), 1, size, file) == size && fgetc(file) == EOF, "size", arguments[index]);
    fclose(file);
  }
  check(TfLiteSignatureRunnerInvoke(runner) == kTfLiteOk, "didn't run", arguments[1]);
  FILE *file = fopen(file_of(arguments[3]), "wb");
  const TfLiteTensor *made = TfLiteSignatureRunnerGetOutputTensor(runner, arguments[3]);
  check(file != NULL && made != NULL, "no such output, or no file", arguments[3]);
  size_t size = TfLiteTensorByteSize(made);
  check(fwrite(TfLiteTensorData(made), 1, size, file) == size && fclose(file) == 0, "write", arguments[3]);
  TfLiteSignatureRunnerDelete(runner);
  TfLiteInterpreterDelete(interpreter);
  TfLiteXNNPackDelegateDelete(xnnpack);
  TfLiteInterpreterOptionsDelete(options);
  TfLiteModelDelete(model);
  return 0;
}
