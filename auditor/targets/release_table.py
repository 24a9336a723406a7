"""What onnxruntime 1.15.0 to 1.32.0 take on the CPU: data for `auditor.targets.known`, which explains it.

Generated: ``python -m tests.targets`` asks each release and writes this file anew.
"""

# ruff: noqa: E501
# fmt: off

RELEASES = """\
1.15.0|9|13ffe| 19|ai.onnx.ml 3|ai.onnx.training 1|ai.onnx.preview.training 1|com.microsoft 1|com.microsoft.experimental 1|com.microsoft.nchwc 1|com.ms.internal.nhwc 19
1.15.1|9|13ffe| 19|ai.onnx.ml 3|ai.onnx.training 1|ai.onnx.preview.training 1|com.microsoft 1|com.microsoft.experimental 1|com.microsoft.nchwc 1|com.ms.internal.nhwc 19
1.16.0|9|1f3ffe| 19|ai.onnx.ml 3|ai.onnx.training 1|ai.onnx.preview.training 1|com.microsoft 1|com.microsoft.experimental 1|com.microsoft.nchwc 1|com.ms.internal.nhwc 19
1.16.1|9|1f3ffe| 19|ai.onnx.ml 3|ai.onnx.training 1|ai.onnx.preview.training 1|com.microsoft 1|com.microsoft.experimental 1|com.microsoft.nchwc 1|com.ms.internal.nhwc 19
1.16.2|9|1f3ffe| 19|ai.onnx.ml 3|ai.onnx.training 1|ai.onnx.preview.training 1|com.microsoft 1|com.microsoft.experimental 1|com.microsoft.nchwc 1|com.ms.internal.nhwc 19
1.16.3|9|1f3ffe| 19|ai.onnx.ml 3|ai.onnx.training 1|ai.onnx.preview.training 1|com.microsoft 1|com.microsoft.experimental 1|com.microsoft.nchwc 1|com.ms.internal.nhwc 19
1.17.0|9|1f3ffe| 20|ai.onnx.ml 4|ai.onnx.training 1|ai.onnx.preview.training 1|com.microsoft 1|com.microsoft.experimental 1|com.microsoft.nchwc 1|com.ms.internal.nhwc 20
1.17.1|9|1f3ffe| 20|ai.onnx.ml 4|ai.onnx.training 1|ai.onnx.preview.training 1|com.microsoft 1|com.microsoft.experimental 1|com.microsoft.nchwc 1|com.ms.internal.nhwc 20
1.17.3|9|1f3ffe| 20|ai.onnx.ml 4|ai.onnx.training 1|ai.onnx.preview.training 1|com.microsoft 1|com.microsoft.experimental 1|com.microsoft.nchwc 1|com.ms.internal.nhwc 20
1.18.0|10|1f3ffe| 21|ai.onnx.ml 5|ai.onnx.training 1|ai.onnx.preview.training 1|com.microsoft 1|com.microsoft.experimental 1|com.microsoft.nchwc 1|com.ms.internal.nhwc 21
1.18.1|10|1f3ffe| 21|ai.onnx.ml 5|ai.onnx.training 1|ai.onnx.preview.training 1|com.microsoft 1|com.microsoft.experimental 1|com.microsoft.nchwc 1|com.ms.internal.nhwc 21
1.19.0|10|7f3ffe| 21|ai.onnx.ml 5|ai.onnx.training 1|ai.onnx.preview.training 1|com.microsoft 1|com.microsoft.experimental 1|com.microsoft.nchwc 1|com.ms.internal.nhwc 21
1.19.2|10|7f3ffe| 21|ai.onnx.ml 5|ai.onnx.training 1|ai.onnx.preview.training 1|com.microsoft 1|com.microsoft.experimental 1|com.microsoft.nchwc 1|com.ms.internal.nhwc 21
1.20.0|10|7f3ffe| 21|ai.onnx.ml 5|ai.onnx.training 1|ai.onnx.preview.training 1|com.microsoft 1|com.microsoft.experimental 1|com.microsoft.nchwc 1|com.ms.internal.nhwc 21
1.20.1|10|7f3ffe| 21|ai.onnx.ml 5|ai.onnx.training 1|ai.onnx.preview.training 1|com.microsoft 1|com.microsoft.experimental 1|com.microsoft.nchwc 1|com.ms.internal.nhwc 21
1.21.0|10|7f3ffe| 22|ai.onnx.ml 5|ai.onnx.training 1|ai.onnx.preview.training 1|com.microsoft 1|com.microsoft.experimental 1|com.microsoft.nchwc 1|com.ms.internal.nhwc 22
1.21.1|10|7f3ffe| 22|ai.onnx.ml 5|ai.onnx.training 1|ai.onnx.preview.training 1|com.microsoft 1|com.microsoft.experimental 1|com.microsoft.nchwc 1|com.ms.internal.nhwc 22
1.22.0|10|7f3ffe| 22|ai.onnx.ml 5|ai.onnx.training 1|ai.onnx.preview.training 1|com.microsoft 1|com.microsoft.experimental 1|com.microsoft.nchwc 1|com.ms.internal.nhwc 22
1.22.1|10|7f3ffe| 22|ai.onnx.ml 5|ai.onnx.training 1|ai.onnx.preview.training 1|com.microsoft 1|com.microsoft.experimental 1|com.microsoft.nchwc 1|com.ms.internal.nhwc 22
1.23.0|11|7f3ffe| 23|ai.onnx.ml 5|ai.onnx.training 1|ai.onnx.preview.training 1|com.microsoft 1|com.microsoft.experimental 1|com.microsoft.nchwc 1|com.ms.internal.nhwc 23
1.23.1|11|7f3ffe| 23|ai.onnx.ml 5|ai.onnx.training 1|ai.onnx.preview.training 1|com.microsoft 1|com.microsoft.experimental 1|com.microsoft.nchwc 1|com.ms.internal.nhwc 23
1.23.2|11|7f3ffe| 23|ai.onnx.ml 5|ai.onnx.training 1|ai.onnx.preview.training 1|com.microsoft 1|com.microsoft.experimental 1|com.microsoft.nchwc 1|com.ms.internal.nhwc 23
1.24.1|13|6ff3ffe| 25|ai.onnx.ml 5|ai.onnx.training 1|ai.onnx.preview.training 1|com.microsoft 1|com.microsoft.experimental 1|com.microsoft.nchwc 1|com.ms.internal.nhwc 25
1.24.2|13|6ff3ffe| 25|ai.onnx.ml 5|ai.onnx.training 1|ai.onnx.preview.training 1|com.microsoft 1|com.microsoft.experimental 1|com.microsoft.nchwc 1|com.ms.internal.nhwc 25
1.24.3|13|6ff3ffe| 25|ai.onnx.ml 5|ai.onnx.training 1|ai.onnx.preview.training 1|com.microsoft 1|com.microsoft.experimental 1|com.microsoft.nchwc 1|com.ms.internal.nhwc 25
1.24.4|13|6ff3ffe| 25|ai.onnx.ml 5|ai.onnx.training 1|ai.onnx.preview.training 1|com.microsoft 1|com.microsoft.experimental 1|com.microsoft.nchwc 1|com.ms.internal.nhwc 25
1.25.0|13|6ff3ffe| 26|ai.onnx.ml 5|ai.onnx.training 1|ai.onnx.preview.training 1|com.microsoft 1|com.microsoft.experimental 1|com.microsoft.nchwc 1|com.ms.internal.nhwc 26
1.25.1|13|6ff3ffe| 26|ai.onnx.ml 5|ai.onnx.training 1|ai.onnx.preview.training 1|com.microsoft 1|com.microsoft.experimental 1|com.microsoft.nchwc 1|com.ms.internal.nhwc 26
1.26.0|13|6ff3ffe| 26|ai.onnx.ml 5|ai.onnx.training 1|ai.onnx.preview.training 1|com.microsoft 1|com.microsoft.experimental 1|com.microsoft.nchwc 1|com.ms.internal.nhwc 26
1.27.0|13|7ff3ffe| 26|ai.onnx.ml 5|ai.onnx.training 1|ai.onnx.preview.training 1|com.microsoft 1|com.microsoft.experimental 1|com.microsoft.nchwc 1|com.ms.internal.nhwc 26
1.28.0|13|7ff3ffe| 26|ai.onnx.ml 5|ai.onnx.preview 1|ai.onnx.training 1|ai.onnx.preview.training 1|com.microsoft 1|com.microsoft.experimental 1|com.microsoft.nchwc 1|com.ms.internal.nhwc 26
1.29.0|13|7ff3ffe| 26|ai.onnx.ml 5|ai.onnx.preview 1|ai.onnx.training 1|ai.onnx.preview.training 1|com.microsoft 1|com.microsoft.experimental 1|com.microsoft.nchwc 1|com.ms.internal.nhwc 26
1.30.0|13|7ff3ffe| 26|ai.onnx.ml 5|ai.onnx.preview 1|ai.onnx.training 1|ai.onnx.preview.training 1|com.microsoft 1|com.microsoft.experimental 1|com.microsoft.nchwc 1|com.ms.internal.nhwc 26
1.31.0|13|7ff3ffe| 26|ai.onnx.ml 5|ai.onnx.preview 1|ai.onnx.training 1|ai.onnx.preview.training 1|com.microsoft 1|com.microsoft.experimental 1|com.microsoft.nchwc 1|com.ms.internal.nhwc 26
1.31.1|13|7ff3ffe| 26|ai.onnx.ml 5|ai.onnx.preview 1|ai.onnx.training 1|ai.onnx.preview.training 1|com.microsoft 1|com.microsoft.experimental 1|com.microsoft.nchwc 1|com.ms.internal.nhwc 26
1.32.0|14|7ff3ffe| 28|ai.onnx.ml 5|ai.onnx.preview 1|ai.onnx.training 1|ai.onnx.preview.training 1|com.microsoft 1|com.microsoft.experimental 1|com.microsoft.nchwc 1|com.ms.internal.nhwc 28
"""

OPERATORS = {
"": """\
Abs|1||
Abs|6||0:38fe
Abs|13||0:38fe
Acos|7||0:2
Acos|22|15-|0:2
Acosh|9||0:2
Acosh|22|15-|0:2
Add|1||
Add|6||
Add|7|-14|0:8c2
Add|7|15-|0:38c2
Add|13|-14|0:8c2
Add|13|15-|0:38c2
Add|14|-14|0:8c2
Add|14|15-|0:38fe
Affine|1||0:2
Affine|10!||
AffineGrid|20f|6-|0:802,1:80 20-@0:400,1:80
And|1||
And|7|-1|0:200
And|7|2-|0:200,>0:200
ArgMax|1|-12|0:4e
ArgMax|1|13-|0:8ce
ArgMax|11|-12|0:84e
ArgMax|11|13-|0:8ce
ArgMax|12|-12|0:84e
ArgMax|12|13-|0:8ce
ArgMax|13|-12|0:84e
ArgMax|13|13-|0:8ce
ArgMin|1|-12|0:42
ArgMin|1|13-|0:8ce
ArgMin|11|-12|0:842
ArgMin|11|13-|0:8ce
ArgMin|12|-12|0:842
ArgMin|12|13-|0:8ce
ArgMin|13|-12|0:842
ArgMin|13|13-|0:8ce
Asin|7||0:2
Asin|22|15-|0:2
Asinh|9||0:2
Asinh|22|15-|0:2
Atan|7||0:2
Atan|22|15-|0:2
Atanh|9||0:2
Atanh|22|15-|0:2
Attention|23f|19-|0:2,2:2,3:202 0:400,2:400,3:600 23-@0:800,2:800
Attention|24f|22-|0:2,2:2,3:202 0:400,2:400,3:600 24-@0:800,2:800
Attention|25f|35-|25-@0:2,2:2 25-@0:400,2:400 25-@0:800,2:800
AveragePool|1||
AveragePool|7||0:2
AveragePool|10||0:2
AveragePool|11||0:2
AveragePool|19|-1|
AveragePool|19|2-|0:2
AveragePool|22|15-|0:2
BatchNormalization|1||
BatchNormalization|6||
BatchNormalization|7||0:802
BatchNormalization|9||0:802
BatchNormalization|14||0:2,3:2 0:800,3:800
BatchNormalization|15||0:2,1:2,3:2 0:800,1:800,3:800
Bernoulli|15f|-1|15-18@0:c02
Bernoulli|15f|2-|15-@0:c02
Bernoulli|22f|15-|?0:10c02
BitCast|26|26-|0:13cfe,>0:13cfe
BitShift|11|-34|0:3004
BitShift|11|35-|0:3014
BitShift|28|35-|0:30fc
BitwiseAnd|18||0:30fc
BitwiseNot|18||0:30fc
BitwiseOr|18||0:30fc
BitwiseXor|18||0:30fc
BlackmanWindow|17f|-1|0:c0
BlackmanWindow|17f|2-|0:c0,>0:38fe
Cast|1||
Cast|6||0:3efe,>0:3efe
Cast|9||0:3ffe,>0:3ffe
Cast|13||0:13ffe,>0:13ffe
Cast|19|-1|
Cast|19|2-|0:1f3ffe,>0:1f3ffe
Cast|21|9-18|0:1f3ffe,>0:1f3ffe
Cast|21|19-|0:7f3ffe,>0:7f3ffe
Cast|23|19-|0:7f3ffe,>0:7f3ffe
Cast|24|22-28|0:7f3ffe,>0:7f3ffe
Cast|24|29-|0:17f3ffe,>0:17f3ffe
Cast|25|22-28|0:67f3ffe,>0:67f3ffe
Cast|25|29-|0:77f3ffe,>0:77f3ffe
Cast|28|35-|0:77f3ffe,>0:77f3ffe
CastLike|15f||15-@0:13ffe,1:13ffe
CastLike|19f|-1|
CastLike|19f|2-|19-@0:1f3ffe,1:1f3ffe
CastLike|21f|9-18|21-@0:1f3ffe,1:1f3ffe
CastLike|21f|19-|21-@0:7f3ffe,1:7f3ffe
CastLike|23f|19-|23-@0:7f3ffe,1:7f3ffe
CastLike|24f|22-28|24-@0:7f3ffe,1:7f3ffe
CastLike|24f|29-|24-@0:17f3ffe,1:17f3ffe
CastLike|25f|22-28|25-@0:67f3ffe,1:67f3ffe
CastLike|25f|29-|25-@0:77f3ffe,1:77f3ffe
CausalConvWithState|27f|30-|?0:10402
Ceil|1||
Ceil|6||0:802
Ceil|13||0:802
Celu|12f||0:2
Celu|28f|35-|0:10c02
CenterCropPad|18f|-1|18-18@0:3ece,1:80
CenterCropPad|18f|2-34|18-@0:3ece,1:80
CenterCropPad|18f|35-|18-@0:3ece,1:80 21-@0:10000,1:80
Clip|1||
Clip|6||0:2
Clip|11||0:2
Clip|12|-10|0:38ce
Clip|12|11-|0:3cce
Clip|13f|-1|0:38ce 13-18@0:10430
Clip|13f|2-10|0:38ce 13-@0:10430
Clip|13f|11-|0:3cce 13-@0:10030
Col2Im|18||0:2
Compress|9||0:3ffe,1:200
Compress|11||0:3ffe,1:200
Compress|28|35-|0:13ffe,1:200
Concat|1||
Concat|4||0:3ffe
Concat|11||0:3ffe
Concat|13||0:13ffe
ConcatFromSequence|11||0:3ffe00000000
Constant|1|-1|*
Constant|1|2-|1-@*
Constant|9|-1|*
Constant|9|2-|9-@*
Constant|11||
Constant|12||
Constant|13||
Constant|19||
Constant|21|9-|
Constant|23|19-|
Constant|24|22-|
Constant|25|22-|
ConstantOfShape|9|-1|0:80
ConstantOfShape|9|2-|0:80,>0:3efe
ConstantOfShape|20|6-|0:80,>0:1f3efe
ConstantOfShape|21|9-|0:80,>0:1f3efe
ConstantOfShape|23|19-|0:80,>0:1f3efe
ConstantOfShape|24|22-|0:80,>0:1f3efe
ConstantOfShape|25|22-|0:80,>0:1f3efe
Conv|1||0:2
Conv|11||0:2
Conv|22|15-|0:2
ConvInteger|10|-1|0:4,1:4
ConvInteger|10|2-21|0:4,>0:40,1:4
ConvInteger|10|22-|0:c,>0:40,1:c
ConvTranspose|1||0:2
ConvTranspose|11||0:2
ConvTranspose|22|15-|0:2
Cos|7|-30|0:2
Cos|7|31-|0:802
Cos|22|15-30|0:2
Cos|22|31-|0:802
Cosh|9||0:2
Cosh|22|15-|0:2
Crop|1||0:2
Crop|10!||
CumProd|26|26-|0:38c2,1:c0
CumSum|11||0:8c2,1:c0
CumSum|14||0:8c2,1:c0
DFT|17|-1|0:802
DFT|17|2-|0:802,1:c0
DFT|20|6-|0:802,1:c0
DeformConv|19|-25|
DeformConv|19|26-|0:802
DeformConv|22|15-25|
DeformConv|22|26-|0:802
DepthToSpace|1||0:802
DepthToSpace|11|-14|0:802
DepthToSpace|11|15-29|0:806
DepthToSpace|11|30-|0:80e
DepthToSpace|13|-14|0:802
DepthToSpace|13|15-29|0:806
DepthToSpace|13|30-|0:80e
DepthToSpace|28f|35-|0:80e 28-@0:137f0
DequantizeLinear|10||0:4c
DequantizeLinear|13||0:4c
DequantizeLinear|19|-1|
DequantizeLinear|19|2-|0:1e004c,1:402
DequantizeLinear|21|9-10|0:1e007c,1:402
DequantizeLinear|21|11-|0:7e007c,1:402
DequantizeLinear|23|19-32|0:7e007c,1:402
DequantizeLinear|23|33-|0:7e007c,>0:402,1:402
DequantizeLinear|24|22-32|0:7e007c,1:402
DequantizeLinear|24|33-|0:7e007c,>0:402,1:402
DequantizeLinear|25|22-32|0:67e007c,1:402
DequantizeLinear|25|33-|0:67e007c,>0:402,1:402
DequantizeLinear|28|35-|
Det|11||0:2
Det|22|15-|0:2
DisentangledAttention_TRT|1||?0:400
Div|1||
Div|6||
Div|7|-14|0:8c2
Div|7|15-|0:38c2
Div|13|-14|0:8c2
Div|13|15-|0:38c2
Div|14|-14|0:8c2
Div|14|15-|0:38fe
Dropout|1||
Dropout|6||
Dropout|7||0:c02
Dropout|10|-1|0:c02
Dropout|10|2-|0:c02,>1:200
Dropout|12|-1|0:802
Dropout|12|2-|0:802,1:802,2+>1:200
Dropout|13|-1|0:802
Dropout|13|2-|0:802,1:802,2+>1:200
Dropout|22|15-|0:802,1:802,2+>1:200
DynamicQuantizeLinear|11f|-1|0:2
DynamicQuantizeLinear|11f|2-|>0:4
DynamicSlice|1||0:3ffe,1:c0
DynamicSlice|10!||
EfficientNMS_TRT|1||?0:400
Einsum|12||0:8c2
Einsum|28|35-|0:108c2
Elu|1||
Elu|6f|-1|0:2 6-18@0:400
Elu|6f|2-5|0:2 6-@0:400
Elu|6f|6-|0:2 18-18@0:800 6-@0:400
Elu|22f|15-|0:2 22-@0:400
Equal|1||
Equal|7|-1|0:2c0
Equal|7|2-|0:2c0,>0:200
Equal|11|-1|0:ac2
Equal|11|2-14|0:ac2,>0:200
Equal|11|15-|0:3afe,>0:200
Equal|13|-1|0:ac2
Equal|13|2-14|0:ac2,>0:200
Equal|13|15-|0:3afe,>0:200
Equal|19|-1|
Equal|19|2-14|0:bc2,>0:200
Equal|19|15-|0:3bfe,>0:200
Erf|9||0:2
Erf|13||0:2
Exp|1||
Exp|6||0:802
Exp|13||0:802
Expand|8||0:3ffe
Expand|13||0:3ffe
EyeLike|9|-1|0:28c2
EyeLike|9|2-|0:28c2,>0:28c2
EyeLike|22|15-|0:28c2,>0:28c2
Flatten|1||0:c02
Flatten|9||0:3ffe
Flatten|11||0:3ffe
Flatten|13||0:13ffe
Flatten|21|9-|0:13ffe
Flatten|23|19-|0:13ffe
Flatten|24|22-|0:13ffe
Flatten|25|22-|0:13ffe
Floor|1||
Floor|6||0:802
Floor|13||0:802
GRU|1||
GRU|3||
GRU|7|-1|0:802
GRU|7|2-|0:802,4:40
GRU|14|-1|0:802
GRU|14|2-|0:802,4:40
GRU|22|15-|0:802,4:40
GRUUnit|1||?0:400
GRUUnit|10!||
Gather|1||0:3ffe,1:c0
Gather|11||0:3ffe,1:c0
Gather|13||0:13ffe,1:c0
GatherElements|11||0:3ffe,1:c0
GatherElements|13||0:13ffe,1:c0
GatherND|11|-1|0:3ffe
GatherND|11|2-|0:3ffe,1:80
GatherND|12|-1|0:3ffe
GatherND|12|2-|0:3ffe,1:80
GatherND|13|-1|0:13ffe
GatherND|13|2-|0:13ffe,1:80
Gelu|20f|6-8|20-@0:402
Gelu|20f|9-|0:2 20-@0:400
Gemm|1||
Gemm|6||
Gemm|7|-30|0:802
Gemm|7|31-31|0:c02
Gemm|7|32-|0:802
Gemm|9|-30|0:802
Gemm|9|31-31|0:c02
Gemm|9|32-|0:802
Gemm|11|-30|0:802
Gemm|11|31-31|0:c02
Gemm|11|32-|0:802
Gemm|13|-30|0:802
Gemm|13|31-31|0:c02
Gemm|13|32-|0:802
GivenTensorFill|1||?*
GivenTensorFill|10!||
GlobalAveragePool|1||0:2
GlobalAveragePool|22|15-|0:2
GlobalLpPool|1||
GlobalLpPool|2||0:2
GlobalLpPool|22|15-|
GlobalMaxPool|1||0:2
GlobalMaxPool|22|15-|0:2
Greater|1||
Greater|7|-1|0:802
Greater|7|2-|0:802,>0:200
Greater|9|-1|0:8c2
Greater|9|2-14|0:8c2,>0:200
Greater|9|15-|0:38fe,>0:200
Greater|13|-1|0:8c2
Greater|13|2-14|0:8c2,>0:200
Greater|13|15-|0:38fe,>0:200
GreaterOrEqual|12f|-1|0:8c2 12-@0:400
GreaterOrEqual|12f|2-14|0:8c2,>0:200 12-@0:400
GreaterOrEqual|12f|15-|0:38fe,>0:200 12-@0:400
GreaterOrEqual|16f|-1|0:8c2 16-18@0:400
GreaterOrEqual|16f|2-14|0:8c2,>0:200 16-@0:400
GreaterOrEqual|16f|15-|0:38fe,>0:200 16-@0:400
GridSample|16||0:2,1:2
GridSample|20|6-|0:2,1:2 0:800,1:800
GridSample|22|15-|0:2,1:2 0:800,1:800
GroupNormalization|18f|-1|18-18@0:c02
GroupNormalization|18f|2-|18-@0:c02
GroupNormalization|21f|9-|21-@0:c02
HammingWindow|17f|-1|0:c0
HammingWindow|17f|2-|0:c0,>0:38fe
HannWindow|17f|-1|0:c0
HannWindow|17f|2-|0:c0,>0:38fe
HardSigmoid|1||
HardSigmoid|6f|-1|0:2 6-18@0:400
HardSigmoid|6f|2-5|0:2 6-@0:400
HardSigmoid|6f|6-|0:2 18-18@0:800 6-@0:400
HardSigmoid|22f|15-|0:2 22-@0:400
HardSwish|14f|-1|14-18@0:400 14-@0:2
HardSwish|14f|2-5|14-@0:402
HardSwish|14f|6-|14-@0:402 18-18@0:800
HardSwish|22f|15-|22-@0:402
Hardmax|1||0:2
Hardmax|11||0:2
Hardmax|13||0:2
Identity|1||0:3ffe
Identity|13||0:13ffe
Identity|14||0:3ffe00013ffe
Identity|16||0:3ffe00003ffe00003ffe00013ffe
Identity|19|-1|
Identity|19|2-|0:3ffe00003ffe00003ffe001f3ffe
Identity|21|9-|0:3ffe00003ffe00003ffe001f3ffe
Identity|23|19-|0:3ffe00003ffe00003ffe001f3ffe
Identity|24|22-|0:3ffe00003ffe00003ffe001f3ffe
Identity|25|22-|0:3ffe00003ffe00003ffe001f3ffe
If|1||0:200,>0:3ffe
If|11||0:200,>0:3ffe
If|13||0:200,>0:3ffe00003ffe
If|16||0:200,>0:13ffe00013ffe00013ffe00013ffe
If|19||0:200,>0:13ffe00013ffe001f3ffe001f3ffe
If|21|9-|0:200,>0:13ffe00013ffe001f3ffe001f3ffe
If|23|19-|0:200,>0:13ffe00013ffe001f3ffe001f3ffe
If|24|22-|0:200,>0:13ffe00013ffe001f3ffe001f3ffe
If|25|22-|0:200,>0:13ffe00013ffe001f3ffe001f3ffe
ImageDecoder|20|6-|
ImageScaler|1||0:2
ImageScaler|10!||
InstanceNormalization|1||
InstanceNormalization|6||0:2
InstanceNormalization|22|15-|0:2
IsInf|10|-1|0:802
IsInf|10|2-|0:802,>0:200
IsInf|20|6-8|0:1e0802,>0:200
IsInf|20|9-|0:1f0c02,>0:200
IsNaN|9|-1|0:c02
IsNaN|9|2-|0:c02,>0:200
IsNaN|13|-1|0:c02
IsNaN|13|2-|0:c02,>0:200
IsNaN|20|6-8|0:1e0c02,>0:200
IsNaN|20|9-|0:1f0c02,>0:200
LRN|1||0:2
LRN|13||0:2
LSTM|1||
LSTM|7|-1|0:802
LSTM|7|2-|0:802,4:40
LSTM|14|-1|0:802
LSTM|14|2-|0:802,4:40
LSTM|22|15-|0:802,4:40
LayerNormalization|1|-1|0:2,1:2 0:800,1:800
LayerNormalization|1|2-12|0:2,1:2,>1+>2:2 0:800,1:800,>1+>2:800 10-@0:402,1:800 10-@0:800,1:402 13-@0:10000,1:c02
LayerNormalization|1|13-31|0:2,1:2,>1+>2:2 0:400,1:400,>1+>2:0 0:800,1:800,>1+>2:800 10-@0:402,1:800 10-@0:800,1:402 13-@0:10000,1:c02
LayerNormalization|1|32-|0:10000,1:10000,>1+>2:2 0:2,1:2,>1+>2:2 0:400,1:400,>1+>2:2 0:800,1:800,>1+>2:2 10-@0:402,1:800 10-@0:800,1:402 13-@0:10000,1:c02
LayerNormalization|17f|-1|0:802 17-17@0:400
LayerNormalization|17f|2-5|0:802,>1+>2:2 17-17@0:400
LayerNormalization|17f|6-12|0:802,>1+>2:2 17-@0:400
LayerNormalization|17f|13-31|0:c02,>1+>2:2
LayerNormalization|17f|32-|0:10c02,>1+>2:2
LeakyRelu|1||
LeakyRelu|6||0:2
LeakyRelu|16f|-1|0:2 16-18@0:c00
LeakyRelu|16f|2-5|0:2 16-@0:c00
LeakyRelu|16f|6-|0:2 16-18@0:800 16-@0:400
Less|1||
Less|7|-1|0:802
Less|7|2-|0:802,>0:200
Less|9|-1|0:8c2
Less|9|2-14|0:8c2,>0:200
Less|9|15-|0:38fe,>0:200
Less|13|-1|0:8c2
Less|13|2-14|0:8c2,>0:200
Less|13|15-|0:38fe,>0:200
LessOrEqual|12f|-1|0:8c2 12-@0:400
LessOrEqual|12f|2-14|0:8c2,>0:200 12-@0:400
LessOrEqual|12f|15-|0:38fe,>0:200 12-@0:400
LessOrEqual|16f|-1|0:8c2 16-18@0:400
LessOrEqual|16f|2-14|0:8c2,>0:200 16-@0:400
LessOrEqual|16f|15-|0:38fe,>0:200 16-@0:400
LinearAttention|27f|30-|?0:10402
Log|1||
Log|6||0:802
Log|13||0:802
LogSoftmax|1||0:802
LogSoftmax|11||0:802
LogSoftmax|13f|-5|0:802 13-17@0:400
LogSoftmax|13f|6-|0:802 13-@0:400
Loop|1||0:80,1:200,2:3ffe
Loop|11||0:80,>0:3ffe,1:200
Loop|13||0:80,>0:3ffe00003ffe,1:200
Loop|16||0:80,>0:13ffe00013ffe00013ffe00013ffe,1:200
Loop|19||0:80,>0:13ffe00013ffe001f3ffe001f3ffe,1:200
Loop|21|9-|0:80,>0:13ffe00013ffe001f3ffe001f3ffe,1:200
Loop|23|19-|0:80,>0:13ffe00013ffe001f3ffe001f3ffe,1:200
Loop|24|22-|0:80,>0:13ffe00013ffe001f3ffe001f3ffe,1:200
Loop|25|22-|0:80,>0:13ffe00013ffe001f3ffe001f3ffe,1:200
LpNormalization|1||0:802
LpNormalization|22|15-25|
LpNormalization|22|26-|0:802
LpPool|1||
LpPool|2||0:2
LpPool|11||0:2
LpPool|18||0:2
LpPool|22|15-|0:2
MatMul|1|-30|0:802
MatMul|1|31-31|0:c02
MatMul|1|32-|0:802
MatMul|9|-30|0:38c2
MatMul|9|31-31|0:3cc2
MatMul|9|32-|0:38c2
MatMul|13|-30|0:38c2
MatMul|13|31-31|0:3cc2
MatMul|13|32-|0:38c2
MatMulInteger|10|-1|0:4,1:4 0:c,1:8
MatMulInteger|10|2-21|0:4,>0:40,1:c 0:8,>0:40,1:8
MatMulInteger|10|22-|0:c,>0:40,1:c
Max|1||
Max|6||0:2
Max|8||0:802
Max|12|-21|0:3cc2
Max|12|22-|0:3cce
Max|13|-21|0:3cc2
Max|13|22-|0:3cce
MaxPool|1||0:2
MaxPool|8|-1|0:802
MaxPool|8|2-|0:802,>1:80
MaxPool|10|-1|0:802
MaxPool|10|2-|0:802,>1:80
MaxPool|11|-1|0:802
MaxPool|11|2-|0:802,>1:80
MaxPool|12|-1|0:80e
MaxPool|12|2-|0:80e,>1:80
MaxPool|22|15-|0:80e,>1:80
MaxRoiPool|1||0:2
MaxRoiPool|22|15-|
MaxUnpool|9||0:2,1:80
MaxUnpool|11||0:2,1:80
MaxUnpool|22|15-|0:2,1:80
Mean|1||
Mean|6||0:2
Mean|8||0:2
Mean|13||0:2
MeanVarianceNormalization|1||0:2
MeanVarianceNormalization|9f|-5|0:2
MeanVarianceNormalization|9f|6-|0:2 11-@0:400
MeanVarianceNormalization|13f|-5|0:2
MeanVarianceNormalization|13f|6-|0:2 14-17@0:400 19-@0:400
MelWeightMatrix|17|-1|0:c0,3:2
MelWeightMatrix|17|2-|0:c0,>0:38fe,3:2
MemcpyFromHost|1|-19|?0:400
MemcpyFromHost|1|20-|0:13efe001f3efe
MemcpyToHost|1|-19|?0:400
MemcpyToHost|1|20-|0:13efe001f3efe
Min|1||
Min|6||0:2
Min|8||0:802
Min|12|-21|0:3cc2
Min|12|22-|0:3cce
Min|13|-21|0:3cc2
Min|13|22-|0:3cce
Mish|18f|-1|18-18@0:400 18-@0:2
Mish|18f|2-5|18-@0:402
Mish|18f|6-|18-18@0:800 18-@0:402
Mish|22f|15-|22-@0:402
Mod|10||0:3cfe
Mod|13||0:3cfe
Mod|28|35-|0:3cfe
Mul|1||
Mul|6||
Mul|7|-14|0:8c2
Mul|7|15-|0:38c2
Mul|13|-14|0:8c2
Mul|13|15-|0:38c2
Mul|14|-14|0:8c2
Mul|14|15-|0:38fe
MultilevelCropAndResize_TRT|1||
Multinomial|7|-1|0:2
Multinomial|7|2-|0:2,>0:c0
Multinomial|22|15-|
Neg|1||
Neg|6|-14|0:8ca
Neg|6|15-|0:8ea
Neg|13|-14|0:8ca
Neg|13|15-|0:8ea
NegativeLogLikelihoodLoss|12f||12-@0:c02,1:c0
NegativeLogLikelihoodLoss|13f|-1|13-18@0:400,1:c0 13-@0:802,1:c0
NegativeLogLikelihoodLoss|13f|2-|13-@0:c02,1:c0
NegativeLogLikelihoodLoss|22f|15-|22-@0:c02,1:c0
NonMaxSuppression|10||*
NonMaxSuppression|11||*
NonZero|9||0:2c6
NonZero|13||0:2c6
Not|1||0:200
OneHot|9||0:80,1:2,2:40 0:80,1:80,2:2 0:82,1:80,2:180 0:c0,1:40,2:2 0:c2,1:2,2:2
OneHot|11||0:80,1:2,2:40 0:80,1:80,2:2 0:82,1:80,2:180 0:c0,1:40,2:2 0:c2,1:2,2:2
OneHot|28|35-|0:40,1:40,2:10000 0:80,1:2,2:40 0:80,1:80,2:10002 0:82,1:80,2:180 0:c0,1:40,2:2 0:c2,1:2,2:2
Optional|15|-1|*
Optional|15|2-|0:3ffe00003ffe,>0:3ffe00003ffe0000000000000000
Optional|28|35-|
OptionalGetElement|15|-1|0:3ffe00003ffe0000000000000000
OptionalGetElement|15|2-|0:3ffe00003ffe0000000000000000,>0:3ffe00003ffe
OptionalGetElement|18|-1|0:3ffe00003ffe00003ffe00003ffe
OptionalGetElement|18|2-|0:3ffe00003ffe00003ffe00003ffe,>0:3ffe00003ffe
OptionalGetElement|28|35-|
OptionalHasElement|15|-1|0:3ffe00003ffe0000000000000000
OptionalHasElement|15|2-|0:3ffe00003ffe0000000000000000,>0:200
OptionalHasElement|18|-1|*
OptionalHasElement|18|2-|0:3ffe00003ffe00003ffe00003ffe,>0:200
OptionalHasElement|28|35-|
Or|1||
Or|7|-1|0:200
Or|7|2-|0:200,>0:200
PRelu|1||
PRelu|6||
PRelu|7||0:2
PRelu|9||0:2
PRelu|16f|-1|0:2 16-18@0:cc0
PRelu|16f|2-5|0:2 16-@0:cc0
PRelu|16f|6-32|0:2 16-18@0:8c0 16-@0:400
PRelu|16f|33-|0:2 16-18@0:18c0 16-@0:400
Pad|1||
Pad|2||0:802
Pad|11||0:38ce
Pad|13||0:3ace
Pad|18||0:3ace
Pad|19|-1|
Pad|19|2-|0:3ace
Pad|21|9-34|0:3ace
Pad|21|35-|0:13ace
Pad|23|19-34|0:3ace
Pad|23|35-|0:13ace
Pad|24|22-34|0:3ace
Pad|24|35-|0:13ace
Pad|25|22-34|0:3ace
Pad|25|35-|0:13ace
ParametricSoftplus|1||0:2
ParametricSoftplus|10!||
Pow|1||
Pow|7||0:802
Pow|12||0:8c2,1:8c2
Pow|13||0:8c2,1:8c2
Pow|15||0:8c2,1:8c2
PyramidROIAlign_TRT|1||
QLinearConv|10|-1|0:4,3:c,7:4 0:8,3:8,7:8
QLinearConv|10|2-|0:4,3:c,7:4,8:40 0:8,3:8,7:8,8:40
QLinearMatMul|10||0:4,3:c,7:4 0:8,3:8,7:8
QLinearMatMul|21|9-12|
QLinearMatMul|21|13-|0:4,1:2,3:c,7:4 0:8,1:2,3:8,7:8
QuantizeLinear|10|-1|0:2
QuantizeLinear|10|2-|0:2,>0:c
QuantizeLinear|13|-1|0:2
QuantizeLinear|13|2-|0:2,>0:c
QuantizeLinear|19|-1|
QuantizeLinear|19|2-|0:402,>0:1e000c
QuantizeLinear|21|9-10|0:402,>0:1e003c
QuantizeLinear|21|11-|0:402,>0:7e003c
QuantizeLinear|23|19-21|0:402,1:0
QuantizeLinear|23|22-|0:402,>0:7e003c,1:402
QuantizeLinear|24|22-|0:402,>0:7e003c,1:402
QuantizeLinear|25|22-|0:402,>0:67e003c,1:402
QuantizeLinear|28|35-|
RMSNormalization|23f|19-|0:2,1:2 0:400,1:400 0:800,1:800
RNN|1||
RNN|7|-1|0:2
RNN|7|2-|0:2,4:40
RNN|14|-1|0:2
RNN|14|2-|0:2,4:40
RNN|22|15-|0:2,4:40
RandomNormal|1|-1|*
RandomNormal|1|2-|>0:802
RandomNormal|22|15-|
RandomNormalLike|1|-1|0:c02
RandomNormalLike|1|2-|0:3ffe,>0:802
RandomNormalLike|22|15-|
RandomUniform|1|-1|*
RandomUniform|1|2-|>0:802
RandomUniform|22|15-|
RandomUniformLike|1|-1|0:c02
RandomUniformLike|1|2-|0:3ffe,>0:802
RandomUniformLike|22|15-|
Range|11f||0:8e2
Range|27f|30-34|0:8e2 ?0:10400
Range|27f|35-|0:8e2 27-@0:10400
Reciprocal|1||
Reciprocal|6||0:802
Reciprocal|13||0:802
ReduceL1|1|-12|0:c2
ReduceL1|1|13-|0:8c2
ReduceL1|11|-12|0:c2
ReduceL1|11|13-|0:8c2
ReduceL1|13|-12|0:c2
ReduceL1|13|13-|0:8c2
ReduceL1|18f|-1|0:c2 18-18@0:400 18-@0:800
ReduceL1|18f|2-12|0:c2 18-@0:c00
ReduceL1|18f|13-|0:8c2 18-@0:400
ReduceL2|1|-12|0:c2
ReduceL2|1|13-|0:8c2
ReduceL2|11|-12|0:c2
ReduceL2|11|13-|0:8c2
ReduceL2|13|-12|0:c2
ReduceL2|13|13-|0:8c2
ReduceL2|18f|-1|0:c2 18-18@0:c00
ReduceL2|18f|2-5|0:c2 18-@0:c00
ReduceL2|18f|6-12|0:c2 18-18@0:800 18-@0:400
ReduceL2|18f|13-|0:8c2 18-@0:400
ReduceLogSum|1|-12|0:c2
ReduceLogSum|1|13-|0:8c2
ReduceLogSum|11|-12|0:c2
ReduceLogSum|11|13-|0:8c2
ReduceLogSum|13|-12|0:c2
ReduceLogSum|13|13-|0:8c2
ReduceLogSum|18f|-1|0:c2 18-18@0:400 18-@0:800
ReduceLogSum|18f|2-12|0:c2 18-@0:c00
ReduceLogSum|18f|13-|0:8c2 18-@0:400
ReduceLogSum|28f|35-|28-@0:c02
ReduceLogSumExp|1||0:8c2
ReduceLogSumExp|11||0:8c2
ReduceLogSumExp|13||0:8c2
ReduceLogSumExp|18f|-1|0:8c2 18-18@0:13400
ReduceLogSumExp|18f|2-5|0:8c2 18-@0:13400
ReduceLogSumExp|18f|6-|0:8c2 18-18@0:13000 18-@0:400
ReduceLogSumExp|28f|35-|28-@0:10c02
ReduceMax|1||0:8c2
ReduceMax|11||0:8c2
ReduceMax|12||0:8ce
ReduceMax|13||0:8ce
ReduceMax|18||0:8ce
ReduceMax|20|6-|0:ace
ReduceMean|1|-12|0:842
ReduceMean|1|13-|0:8c2
ReduceMean|11|-12|0:842
ReduceMean|11|13-|0:8c2
ReduceMean|13|-12|0:842
ReduceMean|13|13-|0:8c2
ReduceMean|18|-12|0:842
ReduceMean|18|13-|0:8c2
ReduceMin|1||0:8c2
ReduceMin|11||0:8c2
ReduceMin|12||0:8ce
ReduceMin|13||0:8ce
ReduceMin|18||0:8ce
ReduceMin|20|6-|0:ace
ReduceProd|1|-12|0:c2
ReduceProd|1|13-|0:8c2
ReduceProd|11|-12|0:c2
ReduceProd|11|13-|0:8c2
ReduceProd|13|-12|0:c2
ReduceProd|13|13-|0:8c2
ReduceProd|18|-12|0:c2
ReduceProd|18|13-|0:8c2
ReduceSum|1||0:8c2
ReduceSum|11||0:8c2
ReduceSum|13||0:8c2
ReduceSumSquare|1||0:8c2
ReduceSumSquare|11||0:8c2
ReduceSumSquare|13||0:8c2
ReduceSumSquare|18f|-1|0:8c2 18-18@0:400
ReduceSumSquare|18f|2-|0:8c2 18-@0:400
RegexFullMatch|20|6-|0:100,>0:200
Relu|1||
Relu|6||0:802
Relu|13||0:802
Relu|14f|-1|0:84a 14-18@0:400
Relu|14f|2-5|0:84a 14-@0:400
Relu|14f|6-|0:84a 14-@0:400 18-18@0:80
Reshape|1||0:c02
Reshape|5|-1|0:3ffe
Reshape|5|2-|0:3ffe,1:80
Reshape|13|-1|0:13ffe
Reshape|13|2-|0:13ffe,1:80
Reshape|14|-1|0:13ffe
Reshape|14|2-|0:13ffe,1:80
Reshape|19|-1|
Reshape|19|2-8|0:1f3ffe,1:80
Reshape|19|9-|0:13ffe,1:80
Reshape|21|9-|0:1f3ffe,1:80
Reshape|23|19-|0:1f3ffe,1:80
Reshape|24|22-|0:1f3ffe,1:80
Reshape|25|22-|0:1f3ffe,1:80
Resize|10||0:4e
Resize|11|-1|0:4e,1:c02
Resize|11|2-|0:4e
Resize|13||0:4e
Resize|18||0:4e
Resize|19||0:4e
ReverseSequence|10||0:3ffe
ReverseSequence|28|35-|0:13ffe
RoiAlign|10||0:802,2:80
RoiAlign|16||0:802,2:80
RoiAlign|22|15-|
RotaryEmbedding|23f|19-|0:402,3:80
Round|11||0:c02
Round|22|15-|0:c02
STFT|17||0:802,1:c0
Scale|1||0:2
Scale|10!||
ScaledTanh|1||0:2
ScaledTanh|10!||
Scan|8||0:80,1:3ffe
Scan|9||0:3ffe
Scan|11||0:3ffe
Scan|16||0:13ffe
Scan|19||0:1f3ffe
Scan|21|9-|0:1f3ffe
Scan|23|19-|0:1f3ffe
Scan|24|22-|0:1f3ffe
Scan|25|22-|0:1f3ffe
Scatter|9||0:3ffe,1:c0
Scatter|11!||
ScatterElements|11||0:3ffe,1:c0
ScatterElements|13||0:13ffe,1:c0
ScatterElements|16||0:13ffe,1:c0
ScatterElements|18||0:13ffe,1:c0
ScatterND|11||0:3ffe
ScatterND|13||0:13ffe
ScatterND|16||0:13ffe
ScatterND|18||0:13ffe
Selu|1||
Selu|6f|-1|0:2 6-18@0:400
Selu|6f|2-5|0:2 6-@0:400
Selu|6f|6-|0:2 18-18@0:800 6-@0:400
Selu|22f|15-|0:2 22-@0:400
SequenceAt|11|-1|0:3ffe00000000,1:c0
SequenceAt|11|2-|0:3ffe00000000,>0:3ffe,1:c0
SequenceConstruct|11|-1|0:3ffe
SequenceConstruct|11|2-|0:3ffe,>0:3ffe00000000
SequenceEmpty|11|-1|*
SequenceEmpty|11|2-|>0:3ffe00000000
SequenceErase|11|-1|0:3ffe00000000
SequenceErase|11|2-|0:3ffe00000000,1:c0
SequenceInsert|11||0:3ffe00000000,2:c0
SequenceLength|11|-1|0:3ffe00000000
SequenceLength|11|2-|0:3ffe00000000,>0:80
SequenceMap|17f|-1|17-18@0:3ffe00000000
SequenceMap|17f|2-|17-@0:3ffe00000000
Shape|1|-1|0:3ffe
Shape|1|2-|0:3ffe,>0:80
Shape|13|-1|0:13ffe
Shape|13|2-|0:13ffe,>0:80
Shape|15|-1|0:13ffe
Shape|15|2-|0:13ffe,>0:80
Shape|19|-1|
Shape|19|2-8|0:1f3ffe,>0:80
Shape|19|9-|0:13ffe,>0:80
Shape|21|9-|0:1f3ffe,>0:80
Shape|23|19-|0:1f3ffe,>0:80
Shape|24|22-|0:1f3ffe,>0:80
Shape|25|22-|0:1f3ffe,>0:80
Shrink|9f||0:3cfe
Sigmoid|1||
Sigmoid|6||0:802
Sigmoid|13||0:802
Sign|9||0:3cfe
Sign|13||0:13cfe
SimplifiedLayerNormalization|1|-1|0:2,1:2 0:800,1:800 ?0:10800,1:400 ?0:400,1:10800
SimplifiedLayerNormalization|1|2-12|0:2,1:2,>1:2 0:800,1:800,>1:800 ?0:10800,1:400 ?0:400,1:10800
SimplifiedLayerNormalization|1|13-31|0:2,1:2,>1:2 0:400,1:400,>1:0 0:800,1:800,>1:800 ?0:10800,1:400 ?0:400,1:10800
SimplifiedLayerNormalization|1|32-|0:10000,1:10000,>1:2 0:2,1:2,>1:2 0:400,1:400,>1:2 0:800,1:800,>1:2 ?0:10800,1:400 ?0:400,1:10800
Sin|7||0:802
Sin|22|15-|0:802
Sinh|9||0:2
Sinh|22|15-|0:2
Size|1|-1|0:3bfe
Size|1|2-|0:3bfe,>0:80
Size|13|-1|0:3bfe
Size|13|2-|0:3bfe,>0:80
Size|19|-1|
Size|19|2-|0:3bfe,>0:80
Size|21|9-|0:3bfe,>0:80
Size|23|19-|0:3bfe,>0:80
Size|24|22-|0:3bfe,>0:80
Size|25|22-|0:3bfe,>0:80
Slice|1||0:3ffe
Slice|10||0:3ffe,1:c0
Slice|11||0:3ffe,1:c0
Slice|13||0:13ffe,1:c0
Softmax|1||0:802
Softmax|11||0:802
Softmax|13f|-5|0:802 13-17@0:400
Softmax|13f|6-|0:802 13-@0:400
SoftmaxCrossEntropyLoss|12f||12-@0:c02,1:c0
SoftmaxCrossEntropyLoss|13f|-1|13-17@0:400,1:c0 13-18@0:802,1:c0
SoftmaxCrossEntropyLoss|13f|2-5|13-17@0:400,1:c0 13-@0:802,1:c0
SoftmaxCrossEntropyLoss|13f|6-|13-@0:c02,1:c0
Softplus|1f|-1|0:2 6-18@0:400 ?0:400
Softplus|1f|2-5|0:2 6-@0:400 ?0:400
Softplus|1f|6-|0:2 18-18@0:800 6-@0:400 ?0:400
Softplus|22f|15-|0:2 22-@0:400
Softsign|1f|-1|0:2 6-18@0:400 ?0:400
Softsign|1f|2-5|0:2 6-@0:400 ?0:400
Softsign|1f|6-|0:2 18-18@0:800 6-@0:400 ?0:400
Softsign|22f|15-|0:2 22-@0:400
SpaceToDepth|1|-29|0:802
SpaceToDepth|1|30-|0:80e
SpaceToDepth|13|-29|0:802
SpaceToDepth|13|30-|0:80e
SpaceToDepth|28f|35-|0:80e 28-@0:137f0
Split|1||
Split|2||0:3ffe
Split|11||0:3ffe
Split|13||0:13ffe
Split|18||0:13ffe
SplitToSequence|11|-1|0:9c2
SplitToSequence|11|2-5|0:9c2,>0:3ffe00000000,1:c0
SplitToSequence|11|6-18|0:dc2,>0:3ffe00000000,1:c0
SplitToSequence|11|19-|0:fc2,>0:3ffe00000000,1:c0
SplitToSequence|24|22-|0:fc2,>0:13ffe00000000,1:c0
Sqrt|1||
Sqrt|6||0:802
Sqrt|13||0:802
Squeeze|1||0:3ffe
Squeeze|11||0:3ffe
Squeeze|13||0:13ffe
Squeeze|21|9-|0:13ffe
Squeeze|23|19-|0:13ffe
Squeeze|24|22-|0:13ffe
Squeeze|25|22-|0:13ffe
StringConcat|20|6-|0:100
StringNormalizer|10|-1|*
StringNormalizer|10|2-|0:100
StringSplit|20|6-|0:100,>0:100,>1:80
Sub|1||
Sub|6||
Sub|7|-14|0:8c2
Sub|7|15-|0:38c2
Sub|13|-14|0:8c2
Sub|13|15-|0:38c2
Sub|14|-14|0:8c2
Sub|14|15-|0:38fe
Sum|1||
Sum|6||0:802
Sum|8||0:802
Sum|13||0:802
SwiGLU|28f|35-|
Swish|24f|22-|24-24@0:c02
Tan|7||0:2
Tan|22|15-|0:2
Tanh|1||
Tanh|6||0:802
Tanh|13||0:802
TensorScatter|24|22-25|
TensorScatter|24|26-30|0:13ffe
TensorScatter|24|31-|0:13efe
TfIdfVectorizer|9|-1|0:1c0
TfIdfVectorizer|9|2-|0:1c0,>0:2
ThresholdedRelu|1||0:2
ThresholdedRelu|10f|-1|0:2 10-18@0:400
ThresholdedRelu|10f|2-5|0:2 10-@0:400
ThresholdedRelu|10f|6-|0:2 10-@0:400 18-18@0:800
ThresholdedRelu|22f|15-|0:2 22-@0:400
Tile|1||
Tile|6||0:3bfe,1:80
Tile|13||0:3bfe,1:80
TopK|1|-1|0:802
TopK|1|2-|0:802,>1:80
TopK|10|-1|0:802
TopK|10|2-|0:802,>1:80
TopK|11|-1|0:8c2
TopK|11|2-27|0:8c2,>1:80
TopK|11|28-|0:8ee,>1:80
TopK|24|22-27|0:8c2,>1:80
TopK|24|28-|0:8ee,>1:80
Transpose|1||0:3ffe
Transpose|13||0:13ffe
Transpose|21|9-10|0:13ffe
Transpose|21|11-|0:7f3ffe
Transpose|23|19-|0:7f3ffe
Transpose|24|22-|0:7f3ffe
Transpose|25|22-|0:67f3ffe
Trilu|14|-10|0:882
Trilu|14|11-30|0:a82
Trilu|14|31-|0:ac2
Unique|11|-1|0:18a
Unique|11|2-|0:98a
Unique|28|35-|0:1098a
Unsqueeze|1||0:3ffe
Unsqueeze|11||0:3ffe
Unsqueeze|13||0:13ffe
Unsqueeze|21|9-|0:13ffe
Unsqueeze|23|19-|0:13ffe
Unsqueeze|24|22-|0:13ffe
Unsqueeze|25|22-|0:13ffe
Upsample|1||
Upsample|7||0:4e
Upsample|9||0:4e
Upsample|10!||
Where|9|-1|0:200,1:9c6
Where|9|2-32|1:9c6
Where|9|33-|1:19ce
Where|16|-1|0:200,1:9c6
Where|16|2-32|1:9c6
Where|16|33-|1:19ce
Xor|1||
Xor|7|-1|0:200
Xor|7|2-|0:200,>0:200
""",
"ai.onnx.ml": """\
ArrayFeatureExtractor|1||0:9c2
Binarizer|1||0:2
CastMap|1|-1|0:10200000000000000000000000000000000
CastMap|1|2-|0:10200000000000000000000000000000000,>0:182
CategoryMapper|1|-1|0:180
CategoryMapper|1|2-|0:180,>0:180
DictVectorizer|1|-1|0:8820000090200000000000000000000000000000000
DictVectorizer|1|2-|0:10000000000000000000000000000000000,>0:100 0:20000000200000000000000000000000000000000,>0:2 0:800000000000000000000000000000000000000000,>0:80 0:8000000080000000000000000000000000000000000,>0:800
FeatureVectorizer|1||0:8c2
Imputer|1||0:82
LabelEncoder|1|-1|0:180
LabelEncoder|1|2-|0:180,>0:180
LabelEncoder|2|-1|0:182
LabelEncoder|2|2-|0:182,>0:182
LabelEncoder|4|6-|0:100,>0:20 0:182,>0:2 0:980,>0:800 0:982,>0:180
LinearClassifier|1|-1|0:8c2
LinearClassifier|1|2-|0:8c2,>0:180
LinearRegressor|1||0:2
Normalizer|1||0:8c2
OneHotEncoder|1||0:982
SVMClassifier|1|-1|0:8c2
SVMClassifier|1|2-|0:8c2,>0:180
SVMRegressor|1||0:2
Scaler|1||0:8c2
TreeEnsemble|5|9-14|
TreeEnsemble|5|15-|0:802
TreeEnsembleClassifier|1|-1|0:8c2
TreeEnsembleClassifier|1|2-|0:8c2,>0:180
TreeEnsembleClassifier|3|-1|0:8c2
TreeEnsembleClassifier|3|2-|0:8c2,>0:180
TreeEnsembleClassifier|5!|9-|
TreeEnsembleRegressor|1||0:802
TreeEnsembleRegressor|3||0:802
TreeEnsembleRegressor|5!|9-|
ZipMap|1||*
""",
"com.microsoft": """\
Attention|1||0:2
AttnLSTM|1|-1|0:802
AttnLSTM|1|2-|0:802,4+12:40
BeamSearch|1||5+6+>1+>2:2
BiasAdd|1||
BiasDropout|1||
BiasGelu|1||0:2
BiasSoftmax|1||
BiasSplitGelu|1||
BifurcationDetector|1||0:80
BitmaskBiasDropout|1||
BitmaskDropout|1||
BranchwiseRMSNorm|1|33-|0:10402,1:10402
CDist|1||0:802
CausalConvWithState|1|27-|0:2
ComplexMul|1||
ComplexMulConj|1||
ConvStateReplay|1|35-|
ConvTransposeWithDynamicPads|1||0:2
CropAndResize|1||0:2,2:40
DecoderAttention|1||
DecoderMaskedMultiHeadAttention|1|-12|
DecoderMaskedMultiHeadAttention|1|13-|0:2
DecoderMaskedSelfAttention|1||
DequantizeBFP|1||
DequantizeLinear|1|-5|0:c,1:2
DequantizeLinear|1|6-10|0:7c,1:2
DequantizeLinear|1|11-|0:60007c,1:2
DequantizeWithOrder|1||
DynamicQuantizeLSTM|1||0:2,1:c,4:40
DynamicQuantizeMatMul|1||0:2,1:c
DynamicSparseAttention|1|33-|
DynamicTimeWarping|1|6-12|
DynamicTimeWarping|1|13-|0:2,>0:40
EPContext|1|6-14|?0:3cfe
EPContext|1|15-16|?0:13cfe
EPContext|1|17-30|?0:13efe
EPContext|1|31-|?>0:13efe
EmbedLayerNormalization|1|-1|0:40,2:2
EmbedLayerNormalization|1|2-|2:2
EngramGate|1|32-|0:402
ExpandDims|1|-1|0:3ffe
ExpandDims|1|2-|0:3ffe,1:40
FastGelu|1|-14|0:2
FastGelu|1|15-|0:802
FusedConv|1||0:2
FusedGemm|1||0:2
FusedMatMul|1|-27|0:2
FusedMatMul|1|28-|0:802
FusedMatMulActivation|1||
GatedAdd|1|31-31|
GatedAdd|1|32-|0:402
GatedDeltaNet|1|32-32|
GatedDeltaNet|1|33-34|?0:10402
GatedDeltaNet|1|35-|0:10402,3+9+10:40,4+5:10402,6+7+8+>1+>2:2
GatedDeltaNetStateReplay|1|35-|
GatedRMSNorm|1|31-31|
GatedRMSNorm|1|32-34|0:402
GatedRMSNorm|1|35-|0:10402
GatedRelativePositionBias|1||
GatherBlockQuantized|1|13-16|0:600000,1:c0,2:402
GatherBlockQuantized|1|17-32|0:600004,1:c0,2:402
GatherBlockQuantized|1|33-|0:fe0004,1:c0,2:402
GatherND|1||0:3ffe,1:c0
GatherPacked|1|35-|0:4,>0:10402,1:c0
Gelu|1||0:2
GemmFastGelu|1||
GemmFloat8|1|6-|
GemmaRotaryEmbedding|1|9-|
GreedySearch|1||3:2
GridSample|1|-1|0:2
GridSample|1|2-|0:2,>0:2
GroupNorm|1||
GroupQueryAttention|1|4-8|
GroupQueryAttention|1|9-12|0:2,5:40
GroupQueryAttention|1|13-28|0:402,5:40
GroupQueryAttention|1|29-|0:2,3+4+>1+>2:e,5:40,12+13:2 0:400,3+4+>1+>2:40c,5:40,12+13:2
HyperConnectionLowRankMix|1|35-|
HyperConnectionPostMix|1|33-|0:10402,2:10402
HyperConnectionPreMix|1|33-|0:10402,1:10402
Inverse|1||0:c02
Irfft|1||
IsAllFinite|1||
LinearAttention|1|27-|0:2
LinearAttentionGate|1|31-31|
LinearAttentionGate|1|32-34|0:402,1:2
LinearAttentionGate|1|35-|0:10402,1:2
LongformerAttention|1||
MRotaryEmbedding|1|31-|0:402,1:80
Mamba2Verify|1|35-|
MatMulBlockQuantizedFp4Weight|1|31-|
MatMulBlockQuantizedFp8Weight|1|31-|
MatMulBnb4|1|4-|0:2,1:4
MatMulFpQ4|1|2-|0:2,1:4,2:80
MatMulInteger16|1|-1|0:20,1:20
MatMulInteger16|1|2-|0:20,>0:40,1:20
MatMulIntegerToFloat|1|-1|0:4,1:4,2:2 0:c,1:8,2:2
MatMulIntegerToFloat|1|2-|0:4,1:c,2:2 0:8,1:8,2:2
MatMulNBits|1|4-8|0:2,1:4
MatMulNBits|1|9-12|0:2,1:4,3:6,4:40
MatMulNBits|1|13-18|0:402,1:4,3:406,4:40
MatMulNBits|1|19-|0:2,1:4,3:6,4:40 0:400,1:4,3:404,4:40
MatMulNBitsMlp|1|29-|?0:10402,3:4
MatMulNBitsQLoRA|1|35-|
MatMulNBitsQkv|1|29-|
MatMulPacked|1|35-|
MaxpoolWithMask|1||0:2
MoE|1|6-19|
MoE|1|20-|0:2
MoEGroupRouter|1|35-|0:10402,1:2
MoEPacked|1|35-|
MulInteger|1|-34|?0:c
MulInteger|1|35-|
MultiHeadAttention|1||0:2
MurmurHash3|1|-1|0:39c2
MurmurHash3|1|2-|0:39c2,>0:1040
NGramHashMapping|1|32-|0:c0
NGramRepeatBlock|1||0:80,1:2
NhwcConv|1||
NhwcFusedConv|1||
NhwcMaxPool|1||0:c
PackedAttention|1||
PackedMultiHeadAttention|1|2-|
PackedSparseAttentionIndexer|1|33-34|?0:10402,6:40,11:80
PackedSparseAttentionIndexer|1|35-|?0:10402,6:40,11:80,12:10402
PackedSparseAttentionIndexerMerge|1|35-|?0:40
Pad|1||0:2
PagedAttention|1|19-|
QAttention|1|-1|0:4,1:c,2:2
QAttention|1|2-|0:4,1:c,2:2,5:40
QEmbedLayerNormalization|1|-1|0:40,2:c,8:2
QEmbedLayerNormalization|1|2-|8:2
QGemm|1|-1|0:4,1:2,3:4 0:c,1:2,3:8
QGemm|1|2-|0:4,>0:6,1:2,3:c,6:40,8:4 0:8,>0:a,1:2,3:8,6:40,8:8
QLinearAdd|1||0:c
QLinearAveragePool|1|-1|0:c
QLinearAveragePool|1|2-|*
QLinearConcat|1|-1|0:2,1:c,2:e
QLinearConcat|1|2-|*
QLinearConv|1|-1|0:4,3:c,7:4 0:8,3:8,7:8
QLinearConv|1|2-|0:4,3:c,7:4,8:40 0:8,3:8,7:8,8:40
QLinearGlobalAveragePool|1|-1|0:c
QLinearGlobalAveragePool|1|2-|*
QLinearLeakyRelu|1||0:c
QLinearMul|1||0:c
QLinearReduceMean|1||
QLinearSigmoid|1||0:c
QLinearSoftmax|1||0:c
QLinearWhere|1|-1|0:200,1:c,2:2
QLinearWhere|1|2-|1:c
QMoE|1|9-18|
QMoE|1|19-28|0:2,2:4,3:2 0:400,2:4,3:400
QMoE|1|29-34|0:2,2:4,3+6+9+19+20:2 0:400,2:4,3+6+9+19+20:400
QMoE|1|35-|0:10000,2:4,3+6+9+19+20:1030000,15+16+17+18:2 0:2,2:4,3+6+9+19+20:1020002,15+16+17+18:2 0:400,2:4,3+6+9+19+20:1020400,15+16+17+18:2
QOrderedAttention|1||
QOrderedGelu|1||
QOrderedLayerNormalization|1||
QOrderedLongformerAttention|1||
QOrderedMatMul|1||
QuantizeBFP|1||
QuantizeLinear|1|-5|0:2,2:c
QuantizeLinear|1|6-10|0:2,>0:3c
QuantizeLinear|1|11-|0:2,>0:60003c
QuantizeWithOrder|1||
QuickGelu|1|-32|0:2
QuickGelu|1|33-|0:802
RMSNormRotary|1|35-|?0:10400,1:2,2:80,3:10002
Range|1||0:8e2
ReduceSumInteger|1||?0:c
RelativePositionBias|1|-29|?0:402,1:80
RelativePositionBias|1|30-|
RemovePadding|1||
RestorePadding|1||
Rfft|1||
RotaryEmbedding|1|4-12|0:2,1:80
RotaryEmbedding|1|13-|0:402,1:80
RouterGateUpProj|1|35-|
SampleOp|1||0:2
Sampling|1||3+>1:2
ScaledSiLU|1|33-|0:10402,1:10402
SkipGroupNorm|1|4-|
SkipLayerNormalization|1|-12|0:2
SkipLayerNormalization|1|13-31|0:402
SkipLayerNormalization|1|32-|0:10402
SkipSimplifiedLayerNormalization|1|-3|
SkipSimplifiedLayerNormalization|1|4-12|0:2
SkipSimplifiedLayerNormalization|1|13-31|0:402
SkipSimplifiedLayerNormalization|1|32-|0:10402
Snpe|1||
SparseAttention|1|9-10|
SparseAttention|1|11-16|0:2,5:40
SparseAttention|1|17-|0:402,5:40
SparseAttentionIndexer|1|33-|?0:10402,6:80
SparsePagedAttention|1|33-|
SparseToDenseMatMul|1||0:1,1:38c2
SpeculativePrefixCommit|1|35-|
SwiGLU|1|35-|
Tokenizer|1||0:100
TorchEmbedding|1||
TransposeMatMul|1||0:2
Trilu|1||0:882
UnfoldTensor|1|6-12|
UnfoldTensor|1|13-|0:13ffe
Unique|1||0:2
VarlenCausalConvWithState|1|32-34|
VarlenCausalConvWithState|1|35-|0:10402,2:40
VarlenNGramHashMapping|1|33-|0:c0,3:40
WhisperBeamSearch|1|6-8|5+6+>1+>2+>4:2
WhisperBeamSearch|1|9-|5+6+14+>1+>2+>4:2
WordConvEmbedding|1||0:40,1:2
""",
}

SIGNATURES = {
"": """\
Affine|1||1 1|1 1|X:c02|alpha beta
Crop|1||1 1|1 1|input:c02|border scale
DisentangledAttention_TRT|1||3 3|1 1|c2c_attention:402 c2p_attention:402 p2c_attention:402|factor! span!
DynamicSlice|1||3 4|1 1|data:fffe starts:c0 ends:c0 axes?:c0|
EfficientNMS_TRT|1||2 3|4 4|boxes:402 scores:402 anchors?:402|background_class! box_coding! iou_threshold! max_output_boxes! plugin_version! score_activation! score_threshold!
GRUUnit|1||4 4|1 1|hidden_prev:c02 gates:c02 seq_lengths:c02 t:c02|drop_states
GivenTensorFill|1||0 1|1 1|shape?:c02|extra_shape input_as_shape shape values
ImageScaler|1||1 1|1 1|input:c02|bias scale
MemcpyFromHost|1||1 1|1 1|X:1fefe001ffefe|
MemcpyToHost|1||1 1|1 1|X:1fefe001ffefe|
MultilevelCropAndResize_TRT|1||5 5|1 1|boxes:2 feature_map_0:2 feature_map_1:2 feature_map_2:2 feature_map_3:2|image_size! plugin_version! pooled_size!
ParametricSoftplus|1||1 1|1 1|X:c02|alpha beta
PyramidROIAlign_TRT|1||5 5|1 1|boxes:2 feature_map_0:2 feature_map_1:2 feature_map_2:2 feature_map_3:2|plugin_version! pooled_size!
Scale|1||1 1|1 1|input:c02|scale
ScaledTanh|1||1 1|1 1|input:c02|alpha beta
SimplifiedLayerNormalization|1||2 2|1 2|X:10c02 scale:10c02|axis epsilon stash_type
""",
"com.microsoft": """\
Attention|1|-5|2 7|1 2|input:402 weights:402 bias?:402 mask_index?:40 past?:402 relative_position_bias?:402 past_sequence_length?:40|do_rotary mask_filter_value num_heads! past_present_share_buffer qkv_hidden_sizes scale unidirectional
Attention|1|6-12|2 7|1 2|input:402 weights:402 bias?:402 mask_index?:40 past?:402 relative_position_bias?:402 past_sequence_length?:40|do_rotary mask_filter_value num_heads! past_present_share_buffer qkv_hidden_sizes rotary_embedding_dim scale unidirectional
Attention|1|13-21|2 7|1 2|input:402 weights:402 bias?:402 mask_index?:40 past?:402 attention_bias?:402 past_sequence_length?:40|do_rotary mask_filter_value num_heads! past_present_share_buffer qkv_hidden_sizes rotary_embedding_dim scale unidirectional
Attention|1|22-|2 7|1 2|input:10402 weights:10402 bias?:10402 mask_index?:40 past?:10402 attention_bias?:10402 past_sequence_length?:40|do_rotary mask_filter_value num_heads! past_present_share_buffer qkv_hidden_sizes rotary_embedding_dim scale unidirectional
AttnLSTM|1||3 14|0 3|X:802 W:802 R:802 B?:802 sequence_lens?:40 initial_h?:802 initial_c?:802 P?:802 QW?:802 MW?:802 V?:802 M?:802 memory_seq_lens?:40 AW?:802|activation_alpha activation_beta activations clip direction hidden_size input_forget
BeamSearch|1||5 12|1 3|input_ids:442 max_length:40 min_length?:40 num_beams:40 num_return_sequences:40 length_penalty?:402 repetition_penalty?:402 vocab_mask?:40 prefix_vocab_mask?:40 attention_mask?:40 decoder_input_ids?:40 logits_processor?:40|decoder! decoder_start_token_id early_stopping encoder eos_token_id! init_decoder model_type no_repeat_ngram_size pad_token_id! vocab_size
BiasAdd|1||3 3|1 1|X:402 bias:402 skip:402|
BiasDropout|1||2 5|1 2|data:10c02 bias:10c02 residual?:10c02 ratio?:10c02 training_mode?:200|seed
BiasGelu|1||2 2|1 1|A:10c02 B:10c02|
BiasSoftmax|1||2 2|1 1|data:c02 bias:c02|axis is_inner_broadcast!
BiasSplitGelu|1||2 2|1 1|X:402 bias:402|
BifurcationDetector|1||3 4|2 2|src_tokens:80 cur_tokens:80 prev_suffix_match_idx:80 pred_tokens?:80|max_ngram_size min_ngram_size
BitmaskBiasDropout|1||2 5|1 2|data:10c02 bias:10c02 residual?:10c02 ratio?:10c02 training_mode?:200|seed
BitmaskDropout|1||1 3|1 2|data:10c02 ratio?:10c02 training_mode?:200|seed
BranchwiseRMSNorm|1|33-|1 2|1 1|X:10402 scale?:10402|epsilon num_branches
CDist|1||2 2|1 1|A:802 B:802|metric
CausalConvWithState|1|27-30|2 4|2 2|input:10402 weight:10402 bias?:10402 past_state?:10402|activation ndim
CausalConvWithState|1|31-31|2 4|2 2|input:10402 weight:10402 bias?:10402 past_state?:10402|activation ndim state_window
CausalConvWithState|1|32-34|2 4|2 2|input:10402 weight:10402 bias?:10402 past_state?:10402|activation channels_last dilation ndim state_window
CausalConvWithState|1|35-|2 4|2 3|input:10402 weight:10402 bias?:10402 past_state?:10402|activation channels_last dilation input_channel_offset input_channels ndim state_channels_last state_length state_update_capacity state_window
ComplexMul|1||2 2|1 1|A:c02 B:c02|
ComplexMulConj|1||2 2|1 1|A:c02 B:c02|
ConvStateReplay|1|35-|4 4|1 1|source_backing:402 capture_backing:402 destination_backing:402 metadata:80|
ConvTransposeWithDynamicPads|1||2 4|1 1|X:c02 W:c02 Pads?:80 B?:c02|auto_pad dilations group kernel_shape output_padding strides
CropAndResize|1||4 4|1 1|X:c02 rois:c02 batch_indices:40 crop_size:40|extrapolation_value mode
DecoderAttention|1||12 12|1 3|query:402 key:402 q_weight:402 kv_weight:402 bias:402 key_padding_mask?:200 key_cache?:402 value_cache?:402 static_kv:200 use_past:200 has_layer_state:200 has_key_padding_mask:200|mask_filter_value num_heads!
DecoderMaskedMultiHeadAttention|1|-1|3 10|1 3|query:402 key?:402 value?:402 mask_index?:40 relative_position_bias?:402 past_key?:402 past_value?:402 past_sequence_length?:40 beam_width?:40 cache_indirection?:40|mask_filter_value num_heads! past_present_share_buffer scale
DecoderMaskedMultiHeadAttention|1|2-5|1 11|1 3|query:402 key?:402 value?:402 mask_index?:40 relative_position_bias?:402 past_key?:402 past_value?:402 past_sequence_length?:40 beam_width?:40 cache_indirection?:40 bias?:402|mask_filter_value num_heads! past_present_share_buffer scale
DecoderMaskedMultiHeadAttention|1|6-12|1 11|1 4|query:402 key?:402 value?:402 mask_index?:40 relative_position_bias?:402 past_key?:402 past_value?:402 past_sequence_length?:40 beam_width?:40 cache_indirection?:40 bias?:402|mask_filter_value num_heads! output_qk past_present_share_buffer scale
DecoderMaskedMultiHeadAttention|1|13-|1 11|1 4|query:402 key?:402 value?:402 mask_index?:40 attention_bias?:402 past_key?:402 past_value?:402 past_sequence_length?:40 beam_width?:40 cache_indirection?:40 bias?:402|mask_filter_value num_heads! output_qk past_present_share_buffer scale
DecoderMaskedSelfAttention|1|-1|7 9|2 2|input:402 weights:402 bias:402 mask_index?:40 past:402 relative_position_bias?:402 past_sequence_length:40 beam_width?:40 cache_indirection?:40|mask_filter_value num_heads! past_present_share_buffer scale
DecoderMaskedSelfAttention|1|2-12|7 9|2 2|input:402 weights:402 bias:402 mask_index?:40 past:402 relative_position_bias?:402 past_sequence_length:40 beam_width?:40 cache_indirection?:40|do_rotary mask_filter_value num_heads! past_present_share_buffer scale
DecoderMaskedSelfAttention|1|13-|7 9|2 2|input:402 weights:402 bias:402 mask_index?:40 past:402 attention_bias?:402 past_sequence_length:40 beam_width?:40 cache_indirection?:40|do_rotary mask_filter_value num_heads! past_present_share_buffer scale
DequantizeBFP|1||3 3|1 1|x:4 shape:80 strides:80|bfp_type! block_dim dtype
DequantizeLinear|1|-5|3 3|1 1|x:c x_scale:402 x_zero_point:c|axis
DequantizeLinear|1|6-10|2 3|1 1|x:7c x_scale:402 x_zero_point?:7c|axis
DequantizeLinear|1|11-|2 3|1 1|x:60007c x_scale:402 x_zero_point?:60007c|axis
DequantizeWithOrder|1||2 2|1 1|input:8 scale_input:2|order_input! order_output! to!
DynamicQuantizeLSTM|1||12 12|0 3|X:2 W:c R:c B?:2 sequence_lens?:40 initial_h?:2 initial_c?:2 P?:2 W_scale:2 W_zero_point:c R_scale:2 R_zero_point:c|activation_alpha activation_beta activations clip direction hidden_size input_forget
DynamicQuantizeMatMul|1||3 5|1 1|A:2 B:c b_scale:2 b_zero_point?:c bias?:2|
DynamicSparseAttention|1|33-34|11 17|1 3|query:10402 key?:10402 value?:10402 past_key?:10402 past_value?:10402 auxiliary_key?:10402 auxiliary_value?:10402 selected_indices:40 selected_counts:40 seqlens_k:40 total_sequence_length:40 cos_cache?:10402 sin_cache?:10402 position_ids?:80 q_norm_weight?:10402 k_norm_weight?:10402 head_sink?:10402|attention_mode auxiliary_kv_shared do_rotary is_causal kv_num_heads! local_window_size num_heads! qk_norm_epsilon rotary_interleaved rotary_offset scale selected_kv_source smooth_softmax
DynamicSparseAttention|1|35-|11 20|1 4|query:10402 key?:10402 value?:10402 past_key?:1040a past_value?:1040a auxiliary_key?:10402 auxiliary_value?:10402 selected_indices:40 selected_counts:40 seqlens_k:40 total_sequence_length:40 cos_cache?:10402 sin_cache?:10402 position_ids?:80 q_norm_weight?:10402 k_norm_weight?:10402 head_sink?:10402 committed_length?:40 key_scale?:2 value_scale?:2|attention_mode auxiliary_kv_shared do_rotary is_causal kv_num_heads! local_window_size num_heads! output_bf16 qk_norm_epsilon rotary_interleaved rotary_offset scale selected_kv_source smooth_softmax
DynamicTimeWarping|1|6-|1 1|1 1|input:2|
EPContext|1|6-9|1 *|1 *|inputs*:3cfe|embed_mode ep_cache_context ep_sdk_version hardware_architecture main_context notes partition_name source
EPContext|1|10-14|1 *|1 *|inputs*:3cfe|embed_mode ep_cache_context ep_sdk_version hardware_architecture main_context notes onnx_model_filename partition_name source
EPContext|1|15-16|1 *|1 *|inputs*:13cfe|embed_mode ep_cache_context ep_sdk_version hardware_architecture main_context max_size notes onnx_model_filename partition_name source
EPContext|1|17-30|1 *|1 *|inputs*:13efe|embed_mode ep_cache_context ep_sdk_version hardware_architecture main_context max_size notes onnx_model_filename partition_name source
EPContext|1|31-|0 *|1 *|inputs*:13efe|embed_mode ep_cache_context ep_sdk_version hardware_architecture main_context max_size notes onnx_model_filename partition_name source
EmbedLayerNormalization|1||7 9|1 3|input_ids:40 segment_ids?:40 word_embedding:402 position_embedding:402 segment_embedding?:402 gamma:402 beta:402 mask?:40 position_ids?:40|epsilon mask_index_type
EngramGate|1|32-32|5 5|1 1|key:10402 query:10402 value:10402 key_norm_scale:10402 query_norm_scale:10402|epsilon
EngramGate|1|33-|5 6|1 2|key:10402 query:10402 value:10402 key_norm_scale:10402 query_norm_scale:10402 conv_norm_scale?:10402|epsilon
ExpandDims|1||2 2|1 1|X:fffe axis:40|
FastGelu|1|-14|1 2|1 1|X:10402 bias?:10402|
FastGelu|1|15-|1 2|1 1|X:10c02 bias?:10c02|
FusedConv|1||2 4|1 1|X:c02 W:c02 B?:c02 Z?:c02|activation activation_params auto_pad dilations group kernel_shape pads strides
FusedGemm|1||2 3|1 1|A:3cc2 B:3cc2 C?:3cc2|activation activation_alpha activation_beta activation_gamma alpha beta transA transB
FusedMatMul|1||2 2|1 1|A:10c02 B:10c02|alpha transA transB transBatchA transBatchB
FusedMatMulActivation|1||2 2|1 1|A:10c02 B:10c02|activation! activation_alpha activation_axis activation_beta activation_gamma alpha transA transB transBatchA transBatchB
GatedAdd|1|31-34|3 3|1 1|X:10402 Y:10402 gate:10402|
GatedAdd|1|35-|3 4|1 1|X:10402 Y:10402 gate:10402 gate_weight?:10402|
GatedDeltaNet|1|32-32|3 11|1 3|query:10402 key:10402 value:10402 cu_seqlens?:40 decay?:2 beta?:2 initial_state?:2 a_log?:2 dt_bias?:2 capture_count?:40 state_update_active?:40|beta_activation chunk_size gate_activation qk_l2_norm scale state_update_capacity update_rule
GatedDeltaNet|1|33-34|1 11|1 3|query:10402 key?:10402 value?:10402 cu_seqlens?:40 decay?:2 beta?:2 initial_state?:2 a_log?:2 dt_bias?:2 capture_count?:40 state_update_active?:40|beta_activation chunk_size gate_activation qk_l2_norm scale state_update_capacity update_rule
GatedDeltaNet|1|35-|1 11|1 3|query:10402 key?:10402 value?:10402 cu_seqlens?:40 decay?:10402 beta?:10402 initial_state?:2 a_log?:2 dt_bias?:2 capture_count?:40 state_update_active?:40|beta_activation chunk_size gate_activation gate_lower_bound qk_l2_norm scale state_update_capacity update_rule
GatedDeltaNetStateReplay|1|35-|4 4|1 1|source_backing:2 capsule_backing:2 destination_backing:2 metadata:80|
GatedRMSNorm|1|31-32|3 3|1 1|X:10402 scale:10402 gate:10402|epsilon
GatedRMSNorm|1|33-|3 3|1 1|X:10402 scale:10402 gate:10402|activation epsilon
GatedRelativePositionBias|1|-1|6 6|1 1|query_layer:402 query_bias:402 rel_pos:402 weight:402 bias:402 eco_a:402|num_heads!
GatedRelativePositionBias|1|2-|6 7|1 1|query_layer:402 query_bias:402 rel_pos:402 weight:402 bias:402 eco_a:402 token_offset?:40|num_heads!
GatherBlockQuantized|1|13-16|3 4|1 1|data:600000 indices:c0 scales:10402 zero_points?:600000|block_size gather_axis quantize_axis
GatherBlockQuantized|1|17-18|3 4|1 1|data:600004 indices:c0 scales:10402 zero_points?:600004|block_size gather_axis quantize_axis
GatherBlockQuantized|1|19-32|3 4|1 1|data:600004 indices:c0 scales:10402 zero_points?:600004|bits block_size gather_axis quantize_axis
GatherBlockQuantized|1|33-|3 4|1 1|data:fe0004 indices:c0 scales:10402 zero_points?:fe0004|bits block_size gather_axis quantize_axis
GatherND|1||2 2|1 1|data:fffe indices:c0|
GatherPacked|1|35-|2 2|1 1|data:4 indices:c0|K! output_dtype packed_type!
Gelu|1||1 1|1 1|X:10c02|
GemmFastGelu|1||2 3|1 1|X:10402 W:10402 bias?:10402|
GemmFloat8|1|6-|2 6|1 1|A:b0402 B:b0402 C?:10402 scaleA?:2 scaleB?:2 scaleY?:2|activation alpha beta dtype transA transB
GemmaRotaryEmbedding|1|9-|5 5|2 2|emb:2 q:400 q_rot:400 k:400 k_rot:400|
GreedySearch|1||2 7|1 1|input_ids:40 max_length:40 min_length?:40 repetition_penalty?:2 vocab_mask?:40 prefix_vocab_mask?:40 attention_mask?:40|decoder! decoder_start_token_id encoder eos_token_id! init_decoder model_type no_repeat_ngram_size pad_token_id! vocab_size
GridSample|1||2 2|1 1|X:fffe Grid:fffe|align_corners mode padding_mode
GroupNorm|1|-1|3 3|1 1|X:402 gamma:402 beta:402|activation! epsilon groups!
GroupNorm|1|2-|3 3|1 1|X:402 gamma:402 beta:402|activation! channels_last epsilon groups!
GroupQueryAttention|1|4-5|7 7|3 3|query:400 key:400 value:400 past_key?:400 past_value?:400 seqlens_k:40 total_sequence_length:40|kv_num_heads! num_heads! scale
GroupQueryAttention|1|6-8|7 9|3 3|query:10400 key?:10400 value?:10400 past_key?:10400 past_value?:10400 seqlens_k:40 total_sequence_length:40 cos_cache?:10400 sin_cache?:10400|do_rotary kv_num_heads! local_window_size num_heads! rotary_interleaved scale
GroupQueryAttention|1|9-11|7 9|3 3|query:10402 key?:10402 value?:10402 past_key?:10402 past_value?:10402 seqlens_k:40 total_sequence_length:40 cos_cache?:10402 sin_cache?:10402|do_rotary kv_num_heads! local_window_size num_heads! rotary_interleaved scale
GroupQueryAttention|1|12-12|7 9|3 3|query:10402 key?:10402 value?:10402 past_key?:10402 past_value?:10402 seqlens_k:40 total_sequence_length:40 cos_cache?:10402 sin_cache?:10402|do_rotary kv_num_heads! local_window_size num_heads! rotary_interleaved scale smooth_softmax
GroupQueryAttention|1|13-16|7 9|3 3|query:10402 key?:10402 value?:10402 past_key?:10402 past_value?:10402 seqlens_k:40 total_sequence_length:40 cos_cache?:10402 sin_cache?:10402|do_rotary kv_num_heads! local_window_size num_heads! rotary_interleaved scale smooth_softmax softcap
GroupQueryAttention|1|17-18|7 11|3 3|query:10402 key?:10402 value?:10402 past_key?:10402 past_value?:10402 seqlens_k:40 total_sequence_length:40 cos_cache?:10402 sin_cache?:10402 position_ids?:80 attention_bias?:10402|do_rotary kv_num_heads! local_window_size num_heads! rotary_interleaved scale smooth_softmax softcap
GroupQueryAttention|1|19-25|7 12|3 4|query:10402 key?:10402 value?:10402 past_key?:10402 past_value?:10402 seqlens_k:40 total_sequence_length:40 cos_cache?:10402 sin_cache?:10402 position_ids?:80 attention_bias?:10402 head_sink?:10402|do_rotary kv_num_heads! local_window_size num_heads! qk_output rotary_interleaved scale smooth_softmax softcap
GroupQueryAttention|1|26-28|7 14|3 4|query:10402 key?:10402 value?:10402 past_key?:3040e past_value?:3040e seqlens_k:40 total_sequence_length:40 cos_cache?:10402 sin_cache?:10402 position_ids?:80 attention_bias?:10402 head_sink?:10402 k_scale?:2 v_scale?:2|do_rotary k_quant_type kv_cache_bit_width kv_num_heads! local_window_size num_heads! qk_output rotary_interleaved scale smooth_softmax softcap v_quant_type
GroupQueryAttention|1|29-29|7 14|1 4|query:10402 key?:10402 value?:10402 past_key?:3040e past_value?:3040e seqlens_k:40 total_sequence_length:40 cos_cache?:10402 sin_cache?:10402 position_ids?:80 attention_bias?:10402 head_sink?:10402 k_scale?:2 v_scale?:2|do_rotary k_quant_type kv_cache_bit_width kv_num_heads! local_window_size num_heads! qk_output rotary_interleaved scale smooth_softmax softcap v_quant_type
GroupQueryAttention|1|30-30|7 16|1 4|query:10402 key?:10402 value?:10402 past_key?:3040e past_value?:3040e seqlens_k:40 total_sequence_length:40 cos_cache?:10402 sin_cache?:10402 position_ids?:80 attention_bias?:10402 head_sink?:10402 k_scale?:2 v_scale?:2 q_norm_weight?:10402 k_norm_weight?:10402|do_rotary k_quant_type kv_cache_bit_width kv_num_heads! local_window_size num_heads! qk_norm_epsilon qk_output rotary_interleaved scale smooth_softmax softcap v_quant_type
GroupQueryAttention|1|31-31|7 16|1 4|query:10402 key?:10402 value?:10402 past_key?:3040e past_value?:3040e seqlens_k:40 total_sequence_length:40 cos_cache?:10402 sin_cache?:10402 position_ids?:80 attention_bias?:10402 head_sink?:10402 k_scale?:2 v_scale?:2 q_norm_weight?:10402 k_norm_weight?:10402|do_rotary k_quant_type kv_cache_bit_width kv_num_heads! local_window_size num_heads! qk_norm_epsilon qk_output rotary_interleaved scale sliding_window_cache smooth_softmax softcap v_quant_type
GroupQueryAttention|1|32-34|7 16|1 4|query:10402 key?:10402 value?:10402 past_key?:3040e past_value?:3040e seqlens_k:40 total_sequence_length:40 cos_cache?:10402 sin_cache?:10402 position_ids?:80 attention_bias?:10402 head_sink?:10402 k_scale?:2 v_scale?:2 q_norm_weight?:10402 k_norm_weight?:10402|causal do_rotary k_quant_type kv_cache_bit_width kv_num_heads! local_window_size num_heads! qk_norm_epsilon qk_output rotary_interleaved scale sliding_window_cache smooth_softmax softcap v_quant_type
GroupQueryAttention|1|35-|7 17|1 4|query:10402 key?:10402 value?:10402 past_key?:3040e past_value?:3040e seqlens_k:40 total_sequence_length:40 cos_cache?:10402 sin_cache?:10402 position_ids?:80 attention_bias?:10402 head_sink?:10402 k_scale?:2 v_scale?:2 q_norm_weight?:10402 k_norm_weight?:10402 query_seqlens?:40|causal do_rotary k_norm_epsilon k_quant_type kv_cache_bit_width kv_num_heads! local_window_size num_heads! q_norm_epsilon qk_norm_epsilon qk_output rotary_interleaved scale sliding_window_cache smooth_softmax softcap v_quant_type
HyperConnectionLowRankMix|1|35-|5 7|2 3|streams:10402 norm_scale:10402 down_weight:10402 up_weight:10402 inject_weight:10402 prev_block_output?:10402 prev_post_gate?:10402|epsilon gate_div gate_mul num_branches! reduction_scale silu_alpha
HyperConnectionPostMix|1|33-|3 4|1 1|streams:10402 block_output:10402 post_mix:10402 stream_mix?:10402|num_branches
HyperConnectionPreMix|1|33-|2 2|1 1|streams:10402 pre_mix:10402|num_branches reduction_scale
Inverse|1||1 1|1 1|X:c02|
Irfft|1||1 1|1 1|X:c02|normalized onesided signal_ndim!
IsAllFinite|1||1 *|1 1|input*:10c02|isinf_only isnan_only
LinearAttention|1|27-30|3 6|2 2|query:10402 key:10402 value:10402 past_state?:10402 decay?:10402 beta?:10402|chunk_size kv_num_heads! q_num_heads! scale update_rule
LinearAttention|1|31-|3 6|2 2|query:10402 key:10402 value:10402 past_state?:10402 decay?:10402 beta?:10402|chunk_size kv_num_heads! q_num_heads! scale state_window update_rule
LinearAttentionGate|1|31-|3 4|1 2|a:10402 dt_bias:2 decay_scale:2 b?:10402|
LongformerAttention|1||7 7|1 1|input:402 weight:402 bias:402 mask:402 global_weight:402 global_bias:402 global:40|num_heads! window!
MRotaryEmbedding|1|31-|4 4|1 1|input:10402 position_ids:80 cos_cache:10402 sin_cache:10402|interleaved is_packed_batching mrope_layout mrope_section! num_heads rotary_embedding_dim scale
Mamba2Verify|1|35-|10 10|3 5|projection:10000 conv_state:10000 ssm_state:2 conv_weight:10000 conv_bias:10000 dt_bias:2 A_negative:2 D:2 norm_weight:2 state_row:40|d_state epsilon head_dim heads! n_groups! time_step_min
MatMulBlockQuantizedFp4Weight|1|31-|4 6|1 1|A:10400 B:4 weight_scale:4 weight_scale_2:2 input_scale?:2 bias?:10400|block_size
MatMulBlockQuantizedFp8Weight|1|31-|3 5|1 1|A:10400 B:20000 b_scale:2 a_scale?:2 bias?:10400|block_size
MatMulBnb4|1|4-5|3 3|1 1|A:402 B:4 absmax:402|K! N! block_size! quant_type!
MatMulBnb4|1|6-|3 3|1 1|A:10402 B:4 absmax:10402|K! N! block_size! quant_type! training_mode transB
MatMulFpQ4|1|2-|3 3|1 1|A:2 B:4 B_shape:80|blk_quant_type
MatMulInteger16|1||2 2|1 1|A:30 B:30|
MatMulIntegerToFloat|1|-8|4 7|1 1|A:c B:c a_scale:2 b_scale:2 a_zero_point?:c b_zero_point?:c bias?:2|
MatMulIntegerToFloat|1|9-|4 7|1 1|A:c B:c a_scale:402 b_scale:402 a_zero_point?:c b_zero_point?:c bias?:402|
MatMulNBits|1|4-5|3 4|1 1|A:402 B:4 scales:402 zero_points?:4|K! N! bits! block_size!
MatMulNBits|1|6-8|3 4|1 1|A:402 B:4 scales:402 zero_points?:4|K! N! accuracy_level bits! block_size!
MatMulNBits|1|9-10|3 5|1 1|A:402 B:44 scales:402 zero_points?:446 g_idx?:40|K! N! accuracy_level bits! block_size!
MatMulNBits|1|11-18|3 6|1 1|A:402 B:44 scales:402 zero_points?:446 g_idx?:40 bias?:402|K! N! accuracy_level bits! block_size!
MatMulNBits|1|19-29|3 6|1 1|A:10402 B:4 scales:10402 zero_points?:10406 g_idx?:40 bias?:10402|K! N! accuracy_level bits block_size!
MatMulNBits|1|30-|3 6|1 1|A:10402 B:4 scales:10402 zero_points?:10406 g_idx?:40 bias?:10402|K! N! accuracy_level bits block_size! weight_prepacked
MatMulNBitsMlp|1|29-|8 9|1 2|A:10402 skip?:10402 norm_scale?:10402 gate_B:4 gate_scales:10402 gate_bias?:10402 up_B:4 up_scales:10402 up_bias?:10402|K! N! accuracy_level activation! bits block_size! epsilon
MatMulNBitsQLoRA|1|35-|7 7|1 1|X:402 W:4 scales:402 lora_A:4 lora_A_scales:402 lora_B:4 lora_B_scales:402|K! N! accuracy_level bits block_size lora_bits lora_block_size
MatMulNBitsQkv|1|29-|11 12|3 4|A:10402 skip?:10402 norm_scale:10402 q_B:4 q_scales:10402 q_bias?:10402 k_B:4 k_scales:10402 k_bias?:10402 v_B:4 v_scales:10402 v_bias?:10402|K! Nkv! Nq! accuracy_level bits block_size! epsilon
MatMulPacked|1|35-|2 3|1 1|A:10400 B:4 global_scale?:2|K! N! activation_type packed_type!
MaxpoolWithMask|1||2 2|1 1|X:2 M:40|auto_pad kernel_shape pads storage_order strides
MoE|1|6-8|4 6|1 1|input:402 router_probs:402 fc1_experts_weights:402 fc2_experts_weights:402 fc1_experts_bias?:402 fc2_experts_bias?:402|activation_type k
MoE|1|9-11|5 8|1 1|input:402 router_probs:402 fc1_experts_weights:402 fc1_experts_bias?:402 fc2_experts_weights:402 fc2_experts_bias?:402 fc3_experts_weights?:402 fc3_experts_bias?:402|activation_type k normalize_routing_weights
MoE|1|12-18|5 8|1 1|input:402 router_probs:402 fc1_experts_weights:402 fc1_experts_bias?:402 fc2_experts_weights:402 fc2_experts_bias?:402 fc3_experts_weights?:402 fc3_experts_bias?:402|activation_type k normalize_routing_weights use_sparse_mixer
MoE|1|19-34|5 8|1 1|input:10402 router_probs:10402 fc1_experts_weights:10402 fc1_experts_bias?:10402 fc2_experts_weights:10402 fc2_experts_bias?:10402 fc3_experts_weights?:10402 fc3_experts_bias?:10402|activation_alpha activation_beta activation_type k normalize_routing_weights swiglu_fusion swiglu_limit use_sparse_mixer
MoE|1|35-|5 8|1 1|input:10402 router_probs:10402 fc1_experts_weights:10402 fc1_experts_bias?:10402 fc2_experts_weights:10402 fc2_experts_bias?:10402 fc3_experts_weights?:10402 fc3_experts_bias?:10402|activation_alpha activation_beta activation_type k normalize_routing_weights swiglu_fusion swiglu_limit swiglu_limit_after_activation use_sparse_mixer
MoEGroupRouter|1|35-|2 3|0 3|logits:10402 expert_bias:2 projection_weight?:10402|group_topk n_group router_sentinel top_k! topk_group
MoEPacked|1|35-|5 6|1 1|input:10400 router_probs:10402 gate_experts_weights:4 up_experts_weights?:4 down_experts_weights:4 router_weights?:10402|activation_type down_type! gate_type! k normalize_routing_weights routed_scaling_factor routing_epsilon up_type
MulInteger|1||3 4|1 1|A:c A_zero_point?:c B:c B_zero_point?:c|
MultiHeadAttention|1|-5|1 8|1 3|query:402 key?:402 value?:402 bias?:402 key_padding_mask?:40 relative_position_bias?:402 past_key?:402 past_value?:402|mask_filter_value num_heads! scale
MultiHeadAttention|1|6-12|1 8|1 3|query:402 key?:402 value?:402 bias?:402 key_padding_mask?:40 relative_position_bias?:402 past_key?:402 past_value?:402|mask_filter_value num_heads! scale unidirectional
MultiHeadAttention|1|13-16|1 8|1 3|query:402 key?:402 value?:402 bias?:402 key_padding_mask?:40 attention_bias?:402 past_key?:402 past_value?:402|mask_filter_value num_heads! scale unidirectional
MultiHeadAttention|1|17-21|1 10|1 4|query:402 key?:402 value?:402 bias?:402 key_padding_mask?:40 attention_bias?:402 past_key?:402 past_value?:402 past_sequence_length?:40 cache_indirection?:40|mask_filter_value num_heads! scale unidirectional
MultiHeadAttention|1|22-|1 10|1 4|query:10402 key?:10402 value?:10402 bias?:10402 key_padding_mask?:40 attention_bias?:10402 past_key?:10402 past_value?:10402 past_sequence_length?:40 cache_indirection?:40|mask_filter_value num_heads! scale unidirectional
MurmurHash3|1||1 1|1 1|X:39c2|positive seed
NGramHashMapping|1|32-32|3 4|1 2|input_ids:c0 multipliers:c0 vocab_sizes:c0 past_ids?:c0|max_ngram_size! n_head_per_ngram! pad_id!
NGramHashMapping|1|33-|3 7|1 2|input_ids:c0 multipliers:c0 vocab_sizes:c0 past_ids?:c0 head_offsets?:c0 eos_token_id?:c0 segment_ids?:40|max_ngram_size! n_head_per_ngram! pad_id! reset_on_eos
NGramRepeatBlock|1||2 2|1 1|input_ids:80 scores:2|ngram_size!
NhwcConv|1||2 3|1 1|X:c02 W:c02 B?:c02|auto_pad dilations group kernel_shape pads strides
NhwcFusedConv|1|-28|2 4|1 1|X:400 W:400 B?:400 Z?:400|activation activation_params auto_pad dilations group kernel_shape pads strides
NhwcFusedConv|1|29-|2 4|1 1|X:402 W:402 B?:402 Z?:402|activation activation_params auto_pad dilations group kernel_shape pads strides
NhwcMaxPool|1||1 1|1 1|x:c|auto_pad ceil_mode dilations kernel_shape! pads strides
PackedAttention|1|-12|5 6|1 1|input:402 weights:402 bias:402 token_offset:40 cumulative_sequence_length:40 relative_position_bias?:402|num_heads! qkv_hidden_sizes scale
PackedAttention|1|13-|5 6|1 1|input:402 weights:402 bias:402 token_offset:40 cumulative_sequence_length:40 attention_bias?:402|num_heads! qkv_hidden_sizes scale
PackedMultiHeadAttention|1|2-12|6 7|1 1|query:402 key?:402 value?:402 bias?:402 token_offset:40 cumulative_sequence_length:40 relative_position_bias?:402|mask_filter_value num_heads! scale
PackedMultiHeadAttention|1|13-|6 7|1 1|query:402 key?:402 value?:402 bias?:402 token_offset:40 cumulative_sequence_length:40 attention_bias?:402|mask_filter_value num_heads! scale
PackedSparseAttentionIndexer|1|33-34|16 18|6 7|query:10402 key?:10402 query_norm_weight:10402 key_norm_weight:10402 cos_cache:10402 sin_cache:10402 cumulative_sequence_lengths:40 past_sequence_lengths:40 gate?:10402 position_bias?:10402 head_weights?:10402 position_ids?:80 past_key_state:10402 past_kv_buffer:10402 past_gate_buffer?:10402 past_state_lengths:40 state_update_capture_count?:40 state_update_active?:40|compress_ratio! epsilon head_weight_scale index_topk policy_mode! scale state_capacity! state_update_capacity token_budget
PackedSparseAttentionIndexer|1|35-|16 22|6 9|query:10402 key?:10402 query_norm_weight:10402 key_norm_weight:10402 cos_cache:10402 sin_cache:10402 cumulative_sequence_lengths:40 past_sequence_lengths:40 gate?:10402 position_bias?:10402 head_weights?:10402 position_ids?:80 past_key_state:10402 past_kv_buffer:10402 past_gate_buffer?:10402 past_state_lengths:40 state_update_capture_count?:40 state_update_active?:40 indexshare_mode?:40 merged_indices?:40 merged_counts?:40 merged_status?:40|compress_ratio! epsilon head_weight_scale index_topk indexshare_state_policy max_output_entries policy_mode! scale state_capacity! state_update_capacity token_budget
PackedSparseAttentionIndexerMerge|1|35-|3 7|3 3|base_indices:40 base_counts:40 base_row_indices:40 range_starts?:40 range_ends?:40 additional_indices?:40 additional_counts?:40|max_output_entries! policy_mode!
Pad|1||2 3|1 1|data:c02 pads:80 value?:c02|mode
PagedAttention|1|19-30|8 10|1 3|query:10400 key?:10400 value?:10400 key_cache:10400 value_cache:10400 cumulative_sequence_length:40 past_seqlens:40 block_table:40 cos_cache?:10400 sin_cache?:10400|do_rotary kv_num_heads! local_window_size num_heads! rotary_interleaved scale softcap
PagedAttention|1|31-31|8 17|1 3|query:10400 key?:10400 value?:10400 key_cache:30408 value_cache?:30408 cumulative_sequence_length:40 past_seqlens:40 block_table:40 cos_cache?:10400 sin_cache?:10400 slot_mapping?:40 head_sink?:10400 q_norm_weight?:10400 k_norm_weight?:10400 k_scale?:2 v_scale?:2 attention_metadata?:40|do_rotary k_cache_dtype k_quant_type kv_cache_layout kv_num_heads! local_window_size num_heads! qk_norm_epsilon rotary_interleaved rotary_offset scale softcap v_cache_dtype v_head_size v_quant_type
PagedAttention|1|32-|8 17|1 3|query:10400 key?:10400 value?:10400 key_cache:3040c value_cache?:3040c cumulative_sequence_length:40 past_seqlens:40 block_table:40 cos_cache?:10400 sin_cache?:10400 slot_mapping?:40 head_sink?:10400 q_norm_weight?:10400 k_norm_weight?:10400 k_scale?:2 v_scale?:2 attention_metadata?:40|do_rotary is_causal k_cache_dtype k_quant_type kv_cache_layout kv_num_heads! local_window_size num_heads! qk_norm_epsilon rotary_interleaved rotary_offset scale softcap v_cache_dtype v_head_size v_quant_type
QAttention|1||5 9|1 2|input:c weight:c bias:402 input_scale:402 weight_scale:402 mask_index?:40 input_zero_point?:c weight_zero_point?:c past?:402|do_rotary mask_filter_value num_heads! past_present_share_buffer scale unidirectional
QEmbedLayerNormalization|1||18 18|2 2|input_ids:40 segment_ids?:40 word_embedding_quant:c position_embedding_quant:c segment_embedding?:c gamma_quant:c beta_quant:c mask?:40 word_embedding_scale:2 position_embedding_scale:2 segment_embedding_scale?:2 gamma_scale:2 beta_scale:2 word_embedding_zero_point:c position_embedding_zero_point:c segment_embedding_zero_point?:c gamma_zero_point:c beta_zero_point:c|epsilon
QGemm|1||6 9|1 1|A:c a_scale:2 a_zero_point:c B:c b_scale:2 b_zero_point:c C?:40 y_scale?:2 y_zero_point?:c|alpha transA transB
QLinearAdd|1||7 8|1 1|A:c A_scale:2 A_zero_point?:c B:c B_scale:2 B_zero_point?:c C_scale:2 C_zero_point?:c|
QLinearAveragePool|1||4 5|1 1|X:c x_scale:2 x_zero_point?:c y_scale:2 y_zero_point?:c|auto_pad ceil_mode channels_last count_include_pad kernel_shape! pads strides
QLinearConcat|1||3 *|1 1|Y_scale:2 Y_zero_point:c inputs*:e|axis!
QLinearConv|1||8 9|1 1|x:c x_scale:2 x_zero_point:c w:c w_scale:2 w_zero_point:c y_scale:2 y_zero_point:c B?:40|auto_pad channels_last dilations group kernel_shape pads strides
QLinearGlobalAveragePool|1||5 5|1 1|X:c x_scale:2 x_zero_point:c y_scale:2 y_zero_point:c|channels_last
QLinearLeakyRelu|1||4 5|1 1|X:c X_scale:2 X_zero_point?:c Y_scale:2 Y_zero_point?:c|alpha
QLinearMul|1||7 8|1 1|A:c A_scale:2 A_zero_point?:c B:c B_scale:2 B_zero_point?:c C_scale:2 C_zero_point?:c|
QLinearReduceMean|1||4 5|1 1|data:c data_scale:2 data_zero_point?:c reduced_scale:2 reduced_zero_point?:c|axes! keepdims!
QLinearSigmoid|1||4 5|1 1|X:c X_scale:2 X_zero_point?:c Y_scale:2 Y_zero_point?:c|
QLinearSoftmax|1||5 5|1 1|X:c X_scale:2 x_zero_point?:c y_scale:2 y_zero_point:c|axis opset!
QLinearWhere|1||9 9|1 1|condition:200 X:c x_scale:2 x_zero_point:c Y:c y_scale:2 y_zero_point:c z_scale:2 z_zero_point:c|
QMoE|1|9-11|7 11|1 1|input:400 router_probs:400 fc1_experts_weights:4 fc1_scales:400 fc1_experts_bias?:400 fc2_experts_weights:4 fc2_scales:400 fc2_experts_bias?:400 fc3_experts_weights?:4 fc3_scales?:400 fc3_experts_bias?:400|activation_type k normalize_routing_weights
QMoE|1|12-18|7 11|1 1|input:400 router_probs:400 fc1_experts_weights:4 fc1_scales:400 fc1_experts_bias?:400 fc2_experts_weights:4 fc2_scales:400 fc2_experts_bias?:400 fc3_experts_weights?:4 fc3_scales?:400 fc3_experts_bias?:400|activation_type expert_weight_bits k normalize_routing_weights use_sparse_mixer
QMoE|1|19-20|7 11|1 1|input:10402 router_probs:10402 fc1_experts_weights:4 fc1_scales:10402 fc1_experts_bias?:10402 fc2_experts_weights:4 fc2_scales:10402 fc2_experts_bias?:10402 fc3_experts_weights?:4 fc3_scales?:10402 fc3_experts_bias?:10402|activation_alpha activation_beta activation_type expert_weight_bits k normalize_routing_weights swiglu_fusion swiglu_limit use_sparse_mixer
QMoE|1|21-21|7 11|1 1|input:10402 router_probs:10402 fc1_experts_weights:4 fc1_scales:10402 fc1_experts_bias?:10402 fc2_experts_weights:4 fc2_scales:10402 fc2_experts_bias?:10402 fc3_experts_weights?:4 fc3_scales?:10402 fc3_experts_bias?:10402|activation_alpha activation_beta activation_type block_size expert_weight_bits k normalize_routing_weights swiglu_fusion swiglu_limit use_sparse_mixer
QMoE|1|22-25|7 14|1 1|input:10402 router_probs:10402 fc1_experts_weights:4 fc1_scales:10402 fc1_experts_bias?:10402 fc2_experts_weights:4 fc2_scales:10402 fc2_experts_bias?:10402 fc3_experts_weights?:4 fc3_scales?:10402 fc3_experts_bias?:10402 fc1_zero_points?:4 fc2_zero_points?:4 fc3_zero_points?:4|activation_alpha activation_beta activation_type block_size expert_weight_bits k normalize_routing_weights swiglu_fusion swiglu_limit use_sparse_mixer
QMoE|1|26-28|7 15|1 1|input:10402 router_probs:10402 fc1_experts_weights:4 fc1_scales:10402 fc1_experts_bias?:10402 fc2_experts_weights:4 fc2_scales:10402 fc2_experts_bias?:10402 fc3_experts_weights?:4 fc3_scales?:10402 fc3_experts_bias?:10402 fc1_zero_points?:4 fc2_zero_points?:4 fc3_zero_points?:4 router_weights?:10402|activation_alpha activation_beta activation_type block_size expert_weight_bits k normalize_routing_weights swiglu_fusion swiglu_limit use_sparse_mixer
QMoE|1|29-29|6 21|1 1|input:10402 router_probs:10402 fc1_experts_weights:20004 fc1_scales?:1010402 fc1_experts_bias?:10402 fc2_experts_weights:20004 fc2_scales?:1010402 fc2_experts_bias?:10402 fc3_experts_weights?:20004 fc3_scales?:1010402 fc3_experts_bias?:10402 fc1_zero_points?:20004 fc2_zero_points?:20004 fc3_zero_points?:20004 router_weights?:10402 fc1_global_scale?:2 fc2_global_scale?:2 fc1_act_scale?:2 fc2_act_scale?:2 fc1_act_block_scale?:1010402 fc2_act_block_scale?:1010402|activation_alpha activation_beta activation_type block_size expert_weight_bits k normalize_routing_weights quant_type swiglu_fusion swiglu_limit use_sparse_mixer
QMoE|1|30-30|6 21|1 1|input:10402 router_probs:10402 fc1_experts_weights:20004 fc1_scales?:1010402 fc1_experts_bias?:10402 fc2_experts_weights:20004 fc2_scales?:1010402 fc2_experts_bias?:10402 fc3_experts_weights?:20004 fc3_scales?:1010402 fc3_experts_bias?:10402 fc1_zero_points?:20004 fc2_zero_points?:20004 fc3_zero_points?:20004 router_weights?:10402 fc1_global_scale?:2 fc2_global_scale?:2 fc1_act_scale?:2 fc2_act_scale?:2 fc1_act_block_scale?:1010402 fc2_act_block_scale?:1010402|activation_alpha activation_beta activation_type block_size expert_weight_bits k normalize_routing_weights quant_type swiglu_fusion swiglu_limit use_sparse_mixer weights_prepacked
QMoE|1|31-32|6 21|1 1|input:10402 router_probs:10402 fc1_experts_weights:20004 fc1_scales?:1030402 fc1_experts_bias?:10402 fc2_experts_weights:20004 fc2_scales?:1030402 fc2_experts_bias?:10402 fc3_experts_weights?:20004 fc3_scales?:1030402 fc3_experts_bias?:10402 fc1_zero_points?:20004 fc2_zero_points?:20004 fc3_zero_points?:20004 router_weights?:10402 fc1_global_scale?:2 fc2_global_scale?:2 fc1_act_scale?:2 fc2_act_scale?:2 fc1_act_block_scale?:1030402 fc2_act_block_scale?:1030402|activation_alpha activation_beta activation_type block_size expert_weight_bits k normalize_routing_weights quant_type swiglu_fusion swiglu_limit use_sparse_mixer weights_prepacked
QMoE|1|33-34|6 21|1 1|input:10402 router_probs:10402 fc1_experts_weights:20004 fc1_scales?:1030402 fc1_experts_bias?:10402 fc2_experts_weights:20004 fc2_scales?:1030402 fc2_experts_bias?:10402 fc3_experts_weights?:20004 fc3_scales?:1030402 fc3_experts_bias?:10402 fc1_zero_points?:20004 fc2_zero_points?:20004 fc3_zero_points?:20004 router_weights?:10402 fc1_global_scale?:2 fc2_global_scale?:2 fc1_act_scale?:2 fc2_act_scale?:2 fc1_act_block_scale?:1030402 fc2_act_block_scale?:1030402|accuracy_level activation_alpha activation_beta activation_type block_size expert_weight_bits fc1_expert_weight_bits fc2_expert_weight_bits fc3_expert_weight_bits k normalize_routing_weights quant_type swiglu_fusion swiglu_limit use_sparse_mixer weights_prepacked
QMoE|1|35-|6 21|1 1|input:10402 router_probs:10402 fc1_experts_weights:20004 fc1_scales?:1030402 fc1_experts_bias?:10402 fc2_experts_weights:20004 fc2_scales?:1030402 fc2_experts_bias?:10402 fc3_experts_weights?:20004 fc3_scales?:1030402 fc3_experts_bias?:10402 fc1_zero_points?:20004 fc2_zero_points?:20004 fc3_zero_points?:20004 router_weights?:10402 fc1_global_scale?:2 fc2_global_scale?:2 fc1_act_scale?:2 fc2_act_scale?:2 fc1_act_block_scale?:1030402 fc2_act_block_scale?:1030402|accuracy_level activation_alpha activation_beta activation_type block_size expert_weight_bits fc1_expert_weight_bits fc2_expert_weight_bits fc3_expert_weight_bits k normalize_routing_weights quant_type swiglu_fusion swiglu_limit swiglu_limit_after_activation use_sparse_mixer weights_prepacked
QOrderedAttention|1|-12|17 20|1 1|input:8 scale_input:2 scale_Q_gemm:2 scale_K_gemm:2 scale_V_gemm:2 Q_weight:8 K_weight:8 V_weight:8 scale_Q_weight:2 scale_K_weight:2 scale_V_weight:2 Q_bias:2 K_bias:2 V_bias:2 scale_QKT_gemm?:2 scale_QKT_softmax?:2 scale_values_gemm:2 mask_index?:40 past?:8 relative_position_bias?:2|num_heads! order_input! order_output! order_weight! qkv_hidden_sizes unidirectional
QOrderedAttention|1|13-|17 20|1 1|input:8 scale_input:2 scale_Q_gemm:2 scale_K_gemm:2 scale_V_gemm:2 Q_weight:8 K_weight:8 V_weight:8 scale_Q_weight:2 scale_K_weight:2 scale_V_weight:2 Q_bias:2 K_bias:2 V_bias:2 scale_QKT_gemm?:2 scale_QKT_softmax?:2 scale_values_gemm:2 mask_index?:40 past?:8 attention_bias?:2|num_heads! order_input! order_output! order_weight! qkv_hidden_sizes unidirectional
QOrderedGelu|1||3 3|1 1|X:8 scale_X:2 scale_Y:2|order_X order_Y
QOrderedLayerNormalization|1||5 5|1 1|X:8 scale_X:2 scale:402 B?:402 scale_Y:2|axis epsilon order_X order_Y
QOrderedLongformerAttention|1||14 14|1 1|input:8 scale_input:2 weight:8 scale_weight:2 bias:2 scale_bias:2 scale_qkv_gemm:2 mask:400 global_weight:8 scale_global_weight:2 global_bias:2 scale_global_gemm:2 global:40 scale_output:2|num_heads! order_global_weight! order_input! order_output! order_weight! window!
QOrderedMatMul|1||5 8|1 1|A:8 scale_A:2 B:8 scale_B:2 scale_Y:2 bias?:2 C?:8 scale_C?:2|order_A! order_B! order_Y!
QuantizeBFP|1||1 1|3 3|x:10402|bfp_type! block_dim
QuantizeLinear|1|-5|3 3|1 1|x:402 y_scale:402 y_zero_point:c|axis
QuantizeLinear|1|6-10|2 3|1 1|x:402 y_scale:402 y_zero_point?:3c|axis
QuantizeLinear|1|11-|2 3|1 1|x:402 y_scale:402 y_zero_point?:60003c|axis
QuantizeWithOrder|1||2 2|1 1|input:402 scale_input:2|order_input! order_output!
QuickGelu|1||1 1|1 1|X:10c02|alpha
RMSNormRotary|1|35-|5 6|1 2|X:10400 scale:2 position_ids:80 cosine:10002 sine:10002 prefill_numerics?:40|epsilon flatten_batch input_start input_width output_fp16 rotary_embedding_dim! use_fp32_arithmetic
Range|1||2 3|1 1|start:8e2 limit:8e2 delta?:8e2|
ReduceSumInteger|1||1 1|1 1|data:c|axes! keepdims!
RelativePositionBias|1||3 3|1 1|bias_table:402 query_length:80 key_length:80|is_bidirectional max_distance!
RemovePadding|1||2 2|4 4|input:402 sequence_token_count:40|
RestorePadding|1||2 2|1 1|input:402 token_offset:40|
Rfft|1||1 1|1 1|X:c02|normalized onesided signal_ndim
RotaryEmbedding|1|4-5|4 4|1 1|input:402 position_ids:80 cos_cache:402 sin_cache:402|interleaved scale
RotaryEmbedding|1|6-10|4 4|1 1|input:10402 position_ids:80 cos_cache:10402 sin_cache:10402|interleaved num_heads rotary_embedding_dim scale
RotaryEmbedding|1|11-|4 4|1 1|input:10402 position_ids:80 cos_cache:10402 sin_cache:10402|interleaved is_packed_batching num_heads rotary_embedding_dim scale
RouterGateUpProj|1|35-|2 2|2 2|X:10400 W:10400|activation activation_alpha activation_beta limit router_size!
SampleOp|1||1 1|1 1|X:3cc2|
Sampling|1||2 9|1 2|input_ids:40 max_length:40 min_length?:40 repetition_penalty?:2 vocab_mask?:40 prefix_vocab_mask?:40 attention_mask?:40 presence_mask?:40 seed?:40|custom decoder! decoder_start_token_id encoder eos_token_id! filter_value init_decoder min_tokens_to_keep model_type no_repeat_ngram_size pad_token_id! presence_penalty temperature top_p vocab_size
ScaledSiLU|1|33-|1 2|1 1|X:10402 scale?:10402|alpha
SkipGroupNorm|1|4-|4 5|1 2|X:402 gamma:402 beta:402 skip:402 bias?:402|activation! channels_last epsilon groups!
SkipLayerNormalization|1|-21|3 5|1 4|input:402 skip:402 gamma:402 beta?:402 bias?:402|epsilon
SkipLayerNormalization|1|22-|3 5|1 4|input:10402 skip:10402 gamma:10402 beta?:10402 bias?:10402|epsilon
SkipSimplifiedLayerNormalization|1|-18|3 4|1 4|input:402 skip:402 gamma:402 bias?:402|epsilon
SkipSimplifiedLayerNormalization|1|19-|3 4|1 4|input:10402 skip:10402 gamma:10402 bias?:10402|epsilon
Snpe|1||1 *|1 *|inputs*:16|DLC! notes snpe_version target_device
SparseAttention|1|9-10|9 11|3 3|query:10400 key?:10400 value?:10400 past_key:10400 past_value:10400 block_row_indices:40 block_col_indices:40 total_sequence_length:40 key_total_sequence_lengths:40 cos_cache?:10400 sin_cache?:10400|do_rotary kv_num_heads! num_heads! rotary_interleaved scale sparse_block_size!
SparseAttention|1|11-|9 11|3 3|query:10402 key?:10402 value?:10402 past_key:10402 past_value:10402 block_row_indices:40 block_col_indices:40 total_sequence_length:40 key_total_sequence_lengths:40 cos_cache?:10402 sin_cache?:10402|do_rotary kv_num_heads! num_heads! rotary_interleaved scale sparse_block_size!
SparseAttentionIndexer|1|33-|8 14|2 3|query:10402 key?:10402 query_norm_weight:10402 key_norm_weight:10402 cos_cache:10402 sin_cache:10402 mask?:80 past_key:10402 gate?:10402 position_bias?:10402 head_weights?:10402 position_ids?:80 past_sequence_length?:40 past_proj_buffer?:10402|compress_ratio! epsilon head_weight_scale index_topk policy_mode! scale token_budget
SparsePagedAttention|1|33-|11 22|1 3|query:10400 key?:10400 value?:10400 key_cache:10408 value_cache:10408 cumulative_sequence_length:40 past_seqlens:40 block_table:40 slot_mapping?:40 selected_indices:40 selected_counts:40 auxiliary_key?:10400 auxiliary_value?:10400 auxiliary_lengths?:40 cos_cache?:10400 sin_cache?:10400 head_sink?:10400 q_norm_weight?:10400 k_norm_weight?:10400 k_scale?:2 v_scale?:2 attention_metadata?:40|attention_mode auxiliary_cache_layout auxiliary_kv_shared do_rotary is_causal k_quant_type kv_num_heads! local_window_size num_heads! qk_norm_epsilon rotary_interleaved rotary_offset scale selected_kv_source softcap v_quant_type
SparseToDenseMatMul|1||2 2|1 1|A:1 B:38c2|alpha transA transB
SpeculativePrefixCommit|1|35-|7 7|3 3|next_tokens:80 input_ids:80 status:40 ctl:80 ctx_commit:80 prefixes:80 ptrs:80|head_rows
SwiGLU|1|35-|1 2|1 1|gate:10402 up?:10402|activation_alpha activation_beta limit round_activation
Tokenizer|1||1 1|1 1|X:100|mark! mincharnum! pad_value! separators tokenexp
TorchEmbedding|1||2 4|1 1|weight:13cfe indices:80 padding_idx?:80 scale_grad_by_freq?:200|
TransposeMatMul|1||2 2|1 1|A:10c02 B:10c02|alpha transA transB
Trilu|1||1 2|1 1|X:13efe k?:80|upper
UnfoldTensor|1|6-|1 1|1 1|input:1fffe|dim size! step
Unique|1||1 1|3 3|x:fffe|
VarlenCausalConvWithState|1|32-34|5 6|2 3|input:10402 weight:10402 cumulative_sequence_length:40 bias?:10402 initial_state:10402 capture_count?:40|activation dilation state_update_capacity
VarlenCausalConvWithState|1|35-|5 8|2 3|input:10402 weight:10402 cumulative_sequence_length:40 bias?:10402 initial_state:10402 capture_count?:40 kernel_delta?:10402 previous_mask?:10402|activation delta_offset dilation group_size state_update_capacity
VarlenNGramHashMapping|1|33-|4 10|1 4|input_ids:c0 multipliers:c0 vocab_sizes:c0 cumulative_sequence_length:40 past_ids?:c0 head_offsets?:c0 eos_token_id?:c0 segment_ids?:40 past_segment_ids?:40 capture_count?:40|max_ngram_size! n_head_per_ngram! pad_id! reset_on_eos state_update_capacity
WhisperBeamSearch|1|6-6|5 14|1 5|input_ids:442 max_length:40 min_length?:40 num_beams:40 num_return_sequences:40 length_penalty?:402 repetition_penalty?:402 vocab_mask?:40 prefix_vocab_mask?:40 attention_mask?:40 decoder_input_ids?:40 logits_processor?:40 cross_qk_layer_head?:40 extra_decoding_ids?:40|decoder! decoder_output_cross_qk decoder_start_token_id early_stopping encoder eos_token_id! init_decoder model_type no_repeat_ngram_size no_speech_token pad_token_id! vocab_size
WhisperBeamSearch|1|7-8|5 14|1 5|input_ids:442 max_length:40 min_length?:40 num_beams:40 num_return_sequences:40 length_penalty?:402 repetition_penalty?:402 vocab_mask?:40 prefix_vocab_mask?:40 attention_mask?:40 decoder_input_ids?:40 logits_processor?:40 cross_qk_layer_head?:40 extra_decoding_ids?:40|beginning_timestamp_token_id decoder! decoder_output_cross_qk decoder_start_token_id early_stopping encoder eos_token_id! init_decoder model_type no_repeat_ngram_size no_speech_token_id no_timestamps_token_id pad_token_id! start_of_lm_token_id transcribe_token_id translate_token_id vocab_size
WhisperBeamSearch|1|9-|5 15|1 5|input_ids:442 max_length:40 min_length?:40 num_beams:40 num_return_sequences:40 length_penalty?:402 repetition_penalty?:402 vocab_mask?:40 prefix_vocab_mask?:40 attention_mask?:40 decoder_input_ids?:40 logits_processor?:40 cross_qk_layer_head?:40 extra_decoding_ids?:40 temperature?:402|beginning_timestamp_token_id decoder! decoder_output_cross_qk decoder_start_token_id early_stopping encoder eos_token_id! init_decoder model_type no_repeat_ngram_size no_speech_token_id no_timestamps_token_id pad_token_id! start_of_lm_token_id transcribe_token_id translate_token_id vocab_size
WordConvEmbedding|1||4 4|1 1|Sequence:40 W:2 B:2 C:2|char_embedding_size conv_window_size embedding_size
""",
}

REFUSED_VALUES = {
"": """\
Cast|24|round_mode=add,align_corners,bicubic,bilinear,constant,cubic,edge,gelu,half_pixel_symmetric,linear,max,min,mul,not_larger,reflect,relu,silu,swiglu,tanh,tf_crop_and_resize,wrap|29-|*
Cast|24|round_mode=nearest|29-|?*
Cast|25|round_mode=add,align_corners,bicubic,bilinear,constant,cubic,edge,gelu,half_pixel_symmetric,linear,max,min,mul,not_larger,reflect,relu,silu,swiglu,tanh,tf_crop_and_resize,wrap|29-|*
Cast|25|round_mode=nearest|29-|?*
CastLike|19|saturate=0|6-|1:13ffe
CastLike|21|saturate=0|9-18|1:13ffe
CastLike|21|saturate=0|19-|1:613ffe
CastLike|23|saturate=0|19-|1:613ffe
CastLike|24|saturate=0|22-|1:613ffe
CastLike|25|saturate=0|22-|1:6613ffe
CumProd|26|exclusive=16,2,32,4,8|26-|*
CumProd|26|reverse=16,2,32,4,8|26-|*
CumSum|11|exclusive=16,2,32,4,8|29-|*
CumSum|11|reverse=16,2,32,4,8|29-|*
CumSum|14|exclusive=16,2,32,4,8|29-|*
CumSum|14|reverse=16,2,32,4,8|29-|*
GRU|7|hidden_size=0||*
GRU|14|hidden_size=0||*
GRU|14|layout=1,16,2,32,4,8||*
GRU|22|hidden_size=0|15-|*
GRU|22|layout=1,16,2,32,4,8|15-|*
GroupNormalization|18|num_groups=0|26-|*
GroupNormalization|21|num_groups=0|26-|*
LRN|1|size=0,16,2,32,4,8||*
LRN|13|size=0,16,2,32,4,8||*
LSTM|7|hidden_size=0||*
LSTM|14|hidden_size=0||*
LSTM|14|layout=1,16,2,32,4,8||*
LSTM|22|hidden_size=0|15-|*
LSTM|22|layout=1,16,2,32,4,8|15-|*
LpNormalization|1|p=0,16,32,4,8||*
LpNormalization|22|p=0,16,32,4,8|26-|*
MaxPool|8|storage_order=16,2,32,4,8|31-|*
MaxPool|10|storage_order=16,2,32,4,8|31-|*
MaxPool|11|storage_order=16,2,32,4,8|31-|*
MaxPool|12|storage_order=16,2,32,4,8|31-|*
MaxPool|22|storage_order=16,2,32,4,8|31-|*
Mod|10|fmod=16,2,32,4,8||*
Mod|13|fmod=16,2,32,4,8||*
Mod|28|fmod=16,2,32,4,8|35-|*
NonMaxSuppression|10|center_point_box=16,2,32,4,8||*
NonMaxSuppression|11|center_point_box=16,2,32,4,8||*
Pad|2|mode=wrap|-1|*
Pad|11|mode=wrap|-1|*
Pad|13|mode=wrap|-1|*
Pad|18|mode=wrap|-1|*
QuantizeLinear|23|precision=16,2,32,4,8|35-|*
QuantizeLinear|24|precision=16,2,32,4,8|35-|*
QuantizeLinear|25|precision=16,2,32,4,8|35-|*
RNN|14|layout=1,16,2,32,4,8||*
RNN|22|layout=1,16,2,32,4,8|15-|*
ReverseSequence|10|batch_axis=16,2,32,4,8||*
ReverseSequence|10|time_axis=16,2,32,4,8||*
ReverseSequence|28|batch_axis=16,2,32,4,8|35-|*
ReverseSequence|28|time_axis=16,2,32,4,8|35-|*
RotaryEmbedding|23|rotary_embedding_dim=1,16,2,32,4,8|19-21|?*
StringNormalizer|10|is_case_sensitive=0|9-28|*
TopK|1|k=0||*
""",
"ai.onnx.ml": """\
LinearClassifier|1|post_transform=add,align_corners,bicubic,bilinear,constant,cubic,edge,gelu,half_pixel_symmetric,linear,max,min,mul,nearest,not_larger,reflect,relu,silu,swiglu,tanh,tf_crop_and_resize,wrap|19-27|*
TreeEnsembleClassifier|1|post_transform=add,align_corners,bicubic,bilinear,constant,cubic,edge,gelu,half_pixel_symmetric,linear,max,min,mul,nearest,not_larger,reflect,relu,silu,swiglu,tanh,tf_crop_and_resize,wrap|19-25|*
TreeEnsembleRegressor|1|aggregate_function=add,align_corners,bicubic,bilinear,constant,cubic,edge,gelu,half_pixel_symmetric,linear,max,min,mul,nearest,not_larger,reflect,relu,silu,swiglu,tanh,tf_crop_and_resize,wrap|19-27|*
TreeEnsembleRegressor|1|aggregate_function=add,align_corners,bicubic,bilinear,constant,cubic,edge,gelu,half_pixel_symmetric,linear,max,min,mul,nearest,not_larger,reflect,relu,silu,swiglu,tanh,tf_crop_and_resize,wrap|30-|*
TreeEnsembleRegressor|1|n_targets=0|-27|*
TreeEnsembleRegressor|1|n_targets=0|30-|*
TreeEnsembleRegressor|1|post_transform=add,align_corners,bicubic,bilinear,constant,cubic,edge,gelu,half_pixel_symmetric,linear,max,min,mul,nearest,not_larger,reflect,relu,silu,swiglu,tanh,tf_crop_and_resize,wrap|19-27|*
TreeEnsembleRegressor|1|post_transform=add,align_corners,bicubic,bilinear,constant,cubic,edge,gelu,half_pixel_symmetric,linear,max,min,mul,nearest,not_larger,reflect,relu,silu,swiglu,tanh,tf_crop_and_resize,wrap|30-|*
TreeEnsembleRegressor|3|aggregate_function=add,align_corners,bicubic,bilinear,constant,cubic,edge,gelu,half_pixel_symmetric,linear,max,min,mul,nearest,not_larger,reflect,relu,silu,swiglu,tanh,tf_crop_and_resize,wrap|19-27|*
TreeEnsembleRegressor|3|aggregate_function=add,align_corners,bicubic,bilinear,constant,cubic,edge,gelu,half_pixel_symmetric,linear,max,min,mul,nearest,not_larger,reflect,relu,silu,swiglu,tanh,tf_crop_and_resize,wrap|30-|*
TreeEnsembleRegressor|3|n_targets=0|-27|*
TreeEnsembleRegressor|3|n_targets=0|30-|*
TreeEnsembleRegressor|3|post_transform=add,align_corners,bicubic,bilinear,constant,cubic,edge,gelu,half_pixel_symmetric,linear,max,min,mul,nearest,not_larger,reflect,relu,silu,swiglu,tanh,tf_crop_and_resize,wrap|19-27|*
TreeEnsembleRegressor|3|post_transform=add,align_corners,bicubic,bilinear,constant,cubic,edge,gelu,half_pixel_symmetric,linear,max,min,mul,nearest,not_larger,reflect,relu,silu,swiglu,tanh,tf_crop_and_resize,wrap|30-|*
""",
"com.microsoft": """\
GatherBlockQuantized|1|bits=0,1,16,32|19-32|*
GatherBlockQuantized|1|bits=2|19-28|*
GatherBlockQuantized|1|bits=2,8|29-32|0:600000
GatherBlockQuantized|1|block_size=0|13-32|*
GroupQueryAttention|1|k_quant_type=add,align_corners,bicubic,bilinear,constant,cubic,edge,gelu,half_pixel_symmetric,linear,max,min,mul,nearest,not_larger,reflect,relu,silu,swiglu,tanh,tf_crop_and_resize,wrap|29-|*
GroupQueryAttention|1|v_quant_type=add,align_corners,bicubic,bilinear,constant,cubic,edge,gelu,half_pixel_symmetric,linear,max,min,mul,nearest,not_larger,reflect,relu,silu,swiglu,tanh,tf_crop_and_resize,wrap|29-|*
MatMulBnb4|1|K=0|28-|*
MatMulBnb4|1|N=0|28-|*
MatMulBnb4|1|block_size=0|28-|*
MatMulNBits|1|bits=0,1,16,32|6-|*
MatMulNBits|1|bits=2|6-21|*
MatMulNBits|1|bits=8|6-16|*
MatMulNBits|1|block_size=0,1,2,4,8|29-|*
MoE|1|k=0|31-|*
Pad|1|mode=wrap|-1|*
QMoE|1|activation_type=swiglu|26-|?*
QMoE|1|expert_weight_bits=2|19-28|*
QMoE|1|k=0|31-|*
QMoE|1|weights_prepacked=1|35-|?*
QMoE|1|weights_prepacked=16,2,32,4,8|35-|*
""",
}

REFUSED_IN_MAPS = """\
AffineGrid|20|20|6-
Attention|23|23|19-
Attention|24|24|22-
Attention|25|25|35-
Bernoulli|15|17|6-
CenterCropPad|18|18|6-
DepthToSpace|28|28|35-
Elu|6|18|6-
Gelu|20|20|6-
GreaterOrEqual|16|17|6-
GroupNormalization|18|18|6-
GroupNormalization|21|21|9-
HardSigmoid|6|18|6-
HardSwish|14|17|6-
HardSwish|22|22|15-
LayerNormalization|17|17|6-12
LeakyRelu|16|17|6-
LessOrEqual|16|17|6-
LogSoftmax|13|17|6-
Mish|18|18|6-
Mish|22|22|15-
NegativeLogLikelihoodLoss|13|17|6-
NegativeLogLikelihoodLoss|22|22|15-
PRelu|16|17|6-
Range|27|27|35-
ReduceL1|18|18|6-
ReduceL2|18|18|6-
ReduceLogSum|18|18|6-
ReduceLogSum|28|28|35-
ReduceLogSumExp|18|18|6-
ReduceLogSumExp|28|28|35-
ReduceSumSquare|18|18|6-
Relu|14|18|6-
Selu|6|18|6-
SequenceMap|17|17|6-
Softmax|13|17|6-
SoftmaxCrossEntropyLoss|13|17|6-
Softplus|1|18|6-
Softsign|1|18|6-
SpaceToDepth|28|28|35-
Swish|24|24|22-
ThresholdedRelu|10|18|6-
"""
