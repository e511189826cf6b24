package main

import (
	"context"
	"reflect"
	"unsafe"

	"google.golang.org/grpc"
	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/emptypb"
	"google.golang.org/protobuf/types/known/structpb"

	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
)

// This host predates resource hooks. The messages pass through unread: an Empty keeps the fields it does not know.
func init() {
	for _, name := range []string{"RegisterResourceHook", "RegisterErrorHook", "SignalAndWaitForShutdown"} {
		method := "/pulumirpc.ResourceMonitor/" + name
		pulumirpc.ResourceMonitor_ServiceDesc.Methods = append(pulumirpc.ResourceMonitor_ServiceDesc.Methods, grpc.MethodDesc{
			MethodName: name,
			Handler: func(srv interface{}, ctx context.Context, decode func(interface{}) error, _ grpc.UnaryServerInterceptor) (interface{}, error) {
				in, out := &emptypb.Empty{}, &emptypb.Empty{}
				if err := decode(in); err != nil {
					return nil, err
				}
				target := reflect.ValueOf(srv.(*monitorProxy).target)
				connection := *(*grpc.ClientConnInterface)(unsafe.Pointer(target.Pointer()))
				return out, connection.Invoke(ctx, method, in, out)
			},
		})
	}
}

// It also predates the options of Pulumi.yaml coming with each request: it knows them as flags only, and would load
// a TypeScript compiler for every program.
func init() {
	methods := pulumirpc.LanguageRuntime_ServiceDesc.Methods
	for index := range methods {
		if methods[index].MethodName != "Run" {
			continue
		}
		run := methods[index].Handler
		methods[index].Handler = func(srv interface{}, ctx context.Context, decode func(interface{}) error, interceptor grpc.UnaryServerInterceptor) (interface{}, error) {
			return run(srv, ctx, func(request interface{}) error {
				if err := decode(request); err != nil {
					return err
				}
				host, options := srv.(*nodeLanguageHost), &structpb.Struct{}
				// RunRequest.info and ProgramInfo.options.
				if err := proto.Unmarshal(field(field(request.(proto.Message).ProtoReflect().GetUnknown(), 14), 4), options); err != nil {
					return err
				}
				if typescript, ok := options.Fields["typescript"]; ok {
					host.typescript = typescript.GetBoolValue()
				}
				if nodeargs, ok := options.Fields["nodeargs"]; ok {
					host.nodeargs = nodeargs.GetStringValue()
				}
				return nil
			}, interceptor)
		}
	}
}

// The bytes of a field of a message whose type this host does not know; none where it is not there.
func field(message []byte, number protowire.Number) []byte {
	for len(message) > 0 {
		found, kind, size := protowire.ConsumeTag(message)
		if size < 0 {
			return nil
		}
		message = message[size:]
		if found == number && kind == protowire.BytesType {
			value, _ := protowire.ConsumeBytes(message)
			return value
		}
		size = protowire.ConsumeFieldValue(found, kind, message)
		if size < 0 {
			return nil
		}
		message = message[size:]
	}
	return nil
}
